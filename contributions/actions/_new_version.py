"""What submit and revise share: the rows of a version, and the nudges for its checks."""

from typing import Any

from django.db import IntegrityError

from contributions.actions._checks import plan_checks
from contributions.actions._spam import hold_if_suspicious
from contributions.actions.write_references import write_references
from contributions.models import Contribution, Version
from contributions.proposals.protocol import Payload, Proposal
from contributions.quota import spend_submission
from hub.models import User
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


def title_of(proposal: Proposal, payload: Payload, *, reverts: Contribution | None) -> str:
    if reverts is None:
        return proposal.title(payload)
    return f"Revert #{reverts.pk} {reverts.title}"[:200]


def signature(author: User, *, sign_off: bool) -> dict[str, Any]:
    """What a version says of who vouches for it. Refusal when a person does not; programs cannot."""
    if author.is_bot:
        return {}
    if not sign_off:
        message = "Sign it off: say that you may contribute this under its terms."
        raise Refusal("sign_off", message, fields={"sign_off": [message]})
    return {"signed_off": author.get_full_name() or author.username, "signed_by": author}


def add_version(
    *, contribution: Contribution, proposal: Proposal, payload: Payload, **version_fields: Any
) -> Version:
    """Rows for `contribution.head` and its checks; those that can start are sent after the commit.

    Refusal `unchanged` for an edit that changes nothing of what it was written against.
    """
    base = proposal.base(payload)
    if base and not proposal.changes(base, payload):
        raise Refusal(
            "unchanged", f"This is {contribution.subject} as it stands; change something."
        )
    spend_submission(version_fields["author"])
    version = Version.objects.create(
        contribution=contribution,
        number=contribution.head,
        payload=payload,
        base=base,
        **version_fields,
    )
    plan_checks(version, proposal)
    if hold_if_suspicious(author=version.author, version=version) is None:
        write_references(contribution=contribution, text=version.note, actor=version.author)
    return version
