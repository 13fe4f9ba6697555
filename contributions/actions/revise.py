from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from contributions import permissions, proposals
from contributions.actions._ask_again import ask_again
from contributions.actions._events import happened
from contributions.actions._limits import ASSISTED_LENGTH, NOTE_LENGTH, prose
from contributions.actions._new_version import (
    add_version,
    already_open,
    refuse_existing,
    signature,
    title_of,
)
from contributions.models import Contribution, Version
from hub.models import User, WorkingGroup
from hub.refusal import Refusal


def revise(
    *,
    actor: User,
    contribution: Contribution,
    payload: Mapping[str, Any],
    note: str,
    head: int,
    sign_off: bool = False,
    assisted_by: str = "",
) -> Version:
    """Add the next version; what was said about version `head` lapses, and new checks are queued.

    Raises PermissionDenied (only the author), IllegalMove (ended, or `head` is not the newest), or
    Refusal: invalid, sign_off, unchanged, already_here, already_open.
    """
    proposal = proposals.get(contribution.kind)
    cleaned = proposal.clean(proposal.complete(payload))
    note = prose(note, field="note", most=NOTE_LENGTH)
    assisted_by = prose(assisted_by, field="assisted_by", most=ASSISTED_LENGTH)
    subject = proposal.subject(cleaned)
    try:
        with transaction.atomic():
            contribution.hold()
            if not permissions.is_author(actor, contribution):
                raise PermissionDenied("Only its author revises a contribution.")
            signed = signature(actor, sign_off=sign_off)
            left = contribution.move_on(
                "open",
                head=head,
                next_head=head + 1,
                subject=subject,
                title=title_of(proposal, cleaned, reverts=contribution.reverts),
                # Another track of a change against a baseline is another group's to look after.
                group=WorkingGroup.objects.filter(slug=proposal.group_of(cleaned)).first(),
            )
            _refuse_unchanged(contribution, cleaned, head)
            refuse_existing(proposal, cleaned)
            version = add_version(
                contribution=contribution,
                proposal=proposal,
                author=actor,
                payload=cleaned,
                note=note,
                assisted_by=assisted_by,
                **signed,
            )
            happened(
                contribution=contribution,
                verb="revised",
                actor=actor,
                version_number=version.number,
                from_state=left,
                to_state=contribution.state,
                why=version.note,
            )
            ask_again(contribution=contribution, actor=actor)
            proposal.revised(contribution, cleaned)
    except IntegrityError as error:
        if refusal := already_open(error, proposal, subject):
            raise refusal from error
        raise
    return version


def _refuse_unchanged(contribution: Contribution, payload: Mapping[str, Any], head: int) -> None:
    if contribution.versions.get(number=head).payload == payload:
        raise Refusal("unchanged", f"This is the same as version {head}; change something first.")
