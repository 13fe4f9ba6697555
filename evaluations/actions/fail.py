"""Say why a run gave no scores; put it back when trying again may help."""

import random
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from evaluations.actions.follow import let_follow
from evaluations.actions.move import move_run
from evaluations.actions.supersede import supersede_overtaken
from evaluations.models import Run
from evaluations.models.run import Whose
from hub.lease import from_now
from hub.state import IllegalMove

LONGEST_MESSAGE = 2000
# Seconds. What an origin asks for is honoured up to a day; after that it has forgotten us.
LONGEST_PAUSE = 3600.0
LONGEST_ASKED = 24 * 3600.0
# Runs that failed together do not come back together.
JITTER = 0.25


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why: `code` for programs, `message` one sentence for who has to act, which is `whose`.

    `stage` is the state in which it happened, or empty for where the run stands. `retryable` means
    that the same run may succeed when it is tried again, `retry_after` the seconds that an origin
    wants to be left alone.
    """

    code: str
    message: str
    whose: str
    retryable: bool = False
    stage: str = ""
    log_tail: str = ""
    retry_after: float = 0.0


LEASE_LOST = Failure(
    code="lease_lost",
    message="The worker stopped answering while it held the run.",
    whose=Whose.HUB,
    retryable=True,
)


def fail_run(
    run: Run, failure: Failure, *, wait: bool = True, guard: dict[str, Any] | None = None
) -> str:
    """End `run`, or put it back for its next attempt; answers the state it went to.

    Back when the failure may pass and attempts are left: after a wait that grows fourfold with each
    attempt and is no shorter than an origin asked for, unless `wait` is false. A cancel that was
    asked meanwhile comes first. Guarded by the lease that `run` carries; raises IllegalMove when it
    is somebody else's by now.
    """
    with transaction.atomic():
        held = Run.objects.filter(pk=run.pk, state=run.state, **run.lease, **(guard or {}))
        locked: Run | None = held.select_for_update(of=("self",)).first()
        if locked is None:
            raise IllegalMove(run, "failed", _current(run))
        changes: dict[str, Any] = {"lease_until": None, **_facts(locked, failure)}
        again = failure.retryable and locked.attempt < settings.MAX_ATTEMPTS
        why = f"{failure.code}: {changes['failure_message']}"
        if locked.cancel_asked:
            move_run(locked, "cancelled", why="as asked", lease_until=None, finished_at=Now())
        elif again:
            pause = _pause(locked.attempt, failure.retry_after)
            changes["not_before"] = from_now(pause) if wait else None
            move_run(locked, "queued", why=why, sent_at=None, **changes)
            # Somebody may have asked for a newer commit while this one was worked on.
            supersede_overtaken(locked.checkpoint.variant_id)
        else:
            move_run(locked, "failed", why=why, finished_at=Now(), **changes)
        if locked.state in Run.terminal_states():
            let_follow(locked)
    run.refresh_from_db()
    return run.state


def _facts(run: Run, failure: Failure) -> dict[str, str]:
    """The columns of a failure. PostgreSQL's text holds no NUL; a hostile log may."""
    facts = {
        "failure_stage": failure.stage or run.state,
        "failure_code": failure.code,
        "failure_message": _plain(failure.message)[:LONGEST_MESSAGE] or failure.code,
        "failure_whose": failure.whose,
    }
    return facts | ({"log_tail": _plain(failure.log_tail)} if failure.log_tail else {})


def _pause(attempt: int, asked: float = 0.0) -> float:
    """Seconds before the next attempt: a quarter of a lease, then four times as long each time, up to
    an hour; at least what was asked for. A random part on top."""
    grown = min(settings.LEASE_SECONDS / 4 * 4 ** (attempt - 1), LONGEST_PAUSE)
    least = max(grown, min(asked, LONGEST_ASKED))
    return float(least * (1 + JITTER * random.random()))


def _current(run: Run) -> str | None:
    return Run.objects.filter(pk=run.pk).values_list("state", flat=True).first()


def _plain(text: str) -> str:
    return text.replace("\0", "\ufffd")
