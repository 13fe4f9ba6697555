from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from contributions import permissions, proposals
from contributions.actions._events import happened
from contributions.actions._limits import NOTE_LENGTH, prose
from contributions.actions._new_version import add_version, already_open, refuse_existing
from contributions.models import Contribution
from hub.models import User, WorkingGroup


def submit(*, author: User, kind: str, payload: Mapping[str, Any], note: str = "") -> Contribution:
    """Open a contribution with its first version, and queue the checks of that version.

    Raises PermissionDenied, or Refusal: unknown_kind, invalid, already_here, already_open (which
    names the other contribution's number).
    """
    if not permissions.may_submit(author):
        raise PermissionDenied("Only people with an active account contribute.")
    proposal = proposals.get(kind)
    cleaned = proposal.clean(payload)
    note = prose(note, field="note", most=NOTE_LENGTH)
    refuse_existing(proposal, cleaned)
    subject = proposal.subject(cleaned)
    contribution = Contribution(
        kind=kind,
        title=proposal.title(cleaned),
        subject=subject,
        author=author,
        group=WorkingGroup.objects.filter(slug=proposal.group).first(),
    )
    try:
        with transaction.atomic():
            contribution.save(force_insert=True)
            add_version(
                contribution=contribution,
                proposal=proposal,
                author=author,
                payload=cleaned,
                note=note,
            )
            happened(
                contribution=contribution,
                verb="submitted",
                actor=author,
                version_number=1,
                to_state=contribution.state,
                why=note,
            )
            proposal.opened(contribution, cleaned)
    except IntegrityError as error:
        if refusal := already_open(error, proposal, subject):
            raise refusal from error
        raise
    return contribution
