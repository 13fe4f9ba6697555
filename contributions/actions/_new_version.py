"""What submit and revise share: the rows of a version, and the nudges for its checks."""

from django.db import IntegrityError
from django.db.models.functions import Now

from contributions.models import Check, Contribution, Version
from contributions.models.check import FIRST
from contributions.proposals.protocol import Payload, Proposal
from hub.models import User
from hub.queue import send_on_commit
from hub.refusal import Refusal

ONE_OPEN = "contribution_one_open_a_subject"


def refuse_existing(proposal: Proposal, payload: Payload) -> None:
    """Refusal when the catalogue has the proposed address already."""
    if entry := proposal.existing(payload):
        message = f"{entry.full_name} is in the catalogue already."
        raise Refusal("already_here", message, fields={"name": [message]})


def already_open(error: IntegrityError, proposal: Proposal, subject: str) -> Refusal | None:
    """The Refusal for a second open contribution about one subject; None for another error."""
    cause = error.__cause__
    if getattr(getattr(cause, "diag", None), "constraint_name", "") != ONE_OPEN:
        return None
    first = Contribution.objects.open().about(subject).filter(kind=proposal.kind).first()
    name = f"#{first.pk}" if first else "Another contribution"
    message = f"{name} proposes {subject} already. Join it there, or wait until it has ended."
    return Refusal("already_open", message, fields={"name": [message]})


def add_version(
    *, contribution: Contribution, proposal: Proposal, author: User, payload: Payload, note: str
) -> Version:
    """Rows for `contribution.head` and its checks; the first check is sent after the commit."""
    version = Version.objects.create(
        contribution=contribution,
        number=contribution.head,
        payload=payload,
        note=note,
        author=author,
    )
    plan = proposal.checks
    Check.objects.bulk_create(
        Check(version=version, name=name, required=name in plan.required) for name in plan.names
    )
    announce(*version.checks.filter(name=FIRST))
    return version


def announce(*checks: Check) -> None:
    """Send each check after the commit. A message that is lost is sent again by the sweeper."""
    Check.objects.filter(pk__in=[check.pk for check in checks]).update(sent_at=Now())
    for check in checks:
        send_on_commit("contributions.check", check.pk)
