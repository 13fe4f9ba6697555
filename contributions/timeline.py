"""The page-shaped reads of one contribution, for its page and its API."""

from contributions import proposals
from contributions.models import Check, Contribution, Event, Version
from contributions.proposals.fields import Change


def timeline(contribution: Contribution) -> list[Event]:
    """Everything that happened, oldest first, with what each event points at. One query."""
    events = contribution.events.select_related("actor", "comment", "review__version", "checked")
    return list(events.order_by("pk"))


def checks_of(version: Version) -> list[Check]:
    """In the order in which they are shown: those that a merge needs first. One query."""
    return list(version.checks.order_by("-required", "pk"))


def changes(version: Version) -> list[Change]:
    """What this version changed against the one before it; empty for the first. One query."""
    before = version.contribution.versions.filter(number=version.number - 1).first()
    if before is None:
        return []
    proposal = proposals.get(version.contribution.kind)
    return proposal.changes(before.payload, version.payload)
