"""How the catalogue changes: the nouns, one a file."""

from contributions.models.check import Check
from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from contributions.models.event import Event
from contributions.models.review import Review
from contributions.models.version import Version

__all__ = ["Check", "Comment", "Contribution", "Event", "Review", "Version"]
