"""The end of one check: the guarded move, the event, and what waited for it. One transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from contributions.actions._checks import announce
from contributions.actions._events import happened
from contributions.checks.verdict import storable
from contributions.models import Check


def settle(
    check: Check,
    state: str,
    *,
    summary: str,
    details: Sequence[Mapping[str, str]] = (),
    findings: Mapping[str, Any] | None = None,
    code: str = "",
    whose: str = "",
) -> None:
    """Write the verdict of the worker that holds `check`. Raises IllegalMove when it no longer does.

    `findings` None keeps what an earlier run found (the pinned commit).
    """
    summary = storable(summary, 300)
    with transaction.atomic():
        check.move(
            state,
            guard=check.lease,
            summary=summary,
            details=list(details),
            findings=check.findings if findings is None else dict(findings),
            code=code,
            whose=whose,
            finished_at=Now(),
        )
        happened(
            contribution=check.version.contribution,
            verb="checked",
            actor=None,
            version_number=check.version.number,
            to_state=state,
            checked=check,
            why=f"{check.name}: {summary}",
        )
        _release_others(check)


def _release_others(done: Check) -> None:
    """Send what waited for this one last; where it found nothing to look at, `run_check` skips."""
    waiting = Check.objects.ready().filter(version=done.version_id, waits_for__contains=[done.name])
    announce(*waiting.filter(state="queued"))
