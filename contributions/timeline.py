"""The page-shaped reads of one contribution, for its page and its API."""

from contributions.conversation import of_contribution
from contributions.models import Check, Contribution, Event, Version

# In the answer about one contribution; all of them have an address of their own.
NEWEST = 100


def timeline(contribution: Contribution) -> list[Event]:
    """The newest of what happened, oldest first, with what each event points at. One query."""
    return list(of_contribution(contribution).order_by("-pk")[:NEWEST])[::-1]


def checks_of(version: Version) -> list[Check]:
    """In the order in which they are shown: those that a merge needs first. One query."""
    return list(version.checks.order_by("-required", "pk"))
