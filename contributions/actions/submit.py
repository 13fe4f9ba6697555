from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from contributions import permissions, proposals
from contributions.actions._events import happened
from contributions.actions._limits import ASSISTED_LENGTH, NOTE_LENGTH, prose
from contributions.actions._new_version import (
    add_version,
    already_open,
    refuse_existing,
    signature,
    title_of,
)
from contributions.models import Contribution
from hub.models import User, WorkingGroup


def submit(
    *,
    author: User,
    kind: str,
    payload: Mapping[str, Any],
    note: str = "",
    sign_off: bool = False,
    assisted_by: str = "",
    reverts: Contribution | None = None,
) -> Contribution:
    """Open a contribution with its first version, and queue the checks of that version.

    `sign_off` is the author's Developer Certificate of Origin, which only a program's account goes
    without; `assisted_by` names tools that helped, `reverts` what this takes back. Raises
    PermissionDenied, or Refusal: unknown_kind, invalid, sign_off, already_here, unchanged,
    already_open (which names the other contribution's number).
    """
    if not permissions.may_submit(author):
        raise PermissionDenied("Only people with an active account contribute.")
    proposal = proposals.get(kind)
    cleaned = proposal.clean(proposal.complete(payload))
    note = prose(note, field="note", most=NOTE_LENGTH)
    assisted_by = prose(assisted_by, field="assisted_by", most=ASSISTED_LENGTH)
    signed = signature(author, sign_off=sign_off)
    refuse_existing(proposal, cleaned)
    subject = proposal.subject(cleaned)
    contribution = Contribution(
        kind=kind,
        title=title_of(proposal, cleaned, reverts=reverts),
        subject=subject,
        author=author,
        reverts=reverts,
        group=WorkingGroup.objects.filter(slug=proposal.group_of(cleaned)).first(),
    )
    try:
        with transaction.atomic():
            contribution.save(force_insert=True)
            version = add_version(
                contribution=contribution,
                proposal=proposal,
                author=author,
                payload=cleaned,
                note=note,
                assisted_by=assisted_by,
                **signed,
            )
            happened(
                contribution=contribution,
                verb="submitted",
                actor=author,
                version_number=1,
                to_state=contribution.state,
                why=version.note,
            )
            proposal.opened(contribution, cleaned)
    except IntegrityError as error:
        if refusal := already_open(error, proposal, subject):
            raise refusal from error
        raise
    return contribution
