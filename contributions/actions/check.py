import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from contributions import checks, proposals
from contributions.actions.settle import settle
from contributions.checks.verdict import Context, Detail, Hindered, Verdict
from contributions.models import Check
from contributions.models.check import Whose
from hub.lease import Keeper
from hub.lending import with_tokens_of
from hub.origins import OriginError
from hub.state import IllegalMove

logger = logging.getLogger(__name__)


def run_check(*, check_id: int, worker: str) -> None:
    """Claim one waiting check, run it, write its verdict. Safe to call twice, and for a gone check.

    A lease is held meanwhile; a verdict that comes after the lease was lost is dropped.
    """
    waiting = Check.objects.ready().select_related("version__contribution")
    check = waiting.filter(pk=check_id, state="queued").first()
    if check is None:
        return
    try:
        check.claim("running", worker=worker, started_at=Now())
    except IllegalMove:
        return
    try:
        with Keeper(check) as keeper:
            outcome = _examine(check, keeper)
        _record(check, outcome)
    except IllegalMove as error:
        logger.warning("late verdict of check %s dropped: %s", check.pk, error)


def _examine(check: Check, keeper: Keeper) -> Verdict | OriginError | Hindered:
    version = check.version
    contribution = version.contribution
    if not contribution.is_live or version.number != contribution.head:
        return Verdict("skipped", "A newer version or the end came before this check.")
    states = dict(version.checks.values_list("name", "state"))
    module = checks.get(check.name)
    for name in module.needs:
        if states.get(name, "passed") not in Check.GREEN:
            label = checks.get(name).label.lower()
            return Verdict("skipped", f"Nothing to look at yet: the check of {label} did not pass.")
    proposal = proposals.get(contribution.kind)
    context = Context(version, proposal, _findings(check), keeper.lost.is_set)
    try:
        # Repositories behind terms are read with what the author lent, if the hub itself may not.
        return with_tokens_of(
            [contribution.author_id],
            str(version.payload.get("repo_id") or ""),
            partial(module.run, context),
        )
    except (OriginError, Hindered) as error:
        return error


def _findings(check: Check) -> Mapping[str, Mapping[str, Any]]:
    return dict(check.version.checks.values_list("name", "findings"))


def _record(check: Check, outcome: Verdict | OriginError | Hindered) -> None:
    if isinstance(outcome, Verdict):
        settle(
            check,
            outcome.state,
            summary=outcome.summary,
            details=[detail.as_json() for detail in outcome.details],
            findings=outcome.findings,
            code=outcome.code,
            whose=Whose.SUBMITTER if outcome.state == "failed" else "",
        )
    elif outcome.retryable and check.attempt < settings.MAX_ATTEMPTS:
        # No message now: the sweeper sends it again, which is the pause before the next attempt.
        check.move("queued", guard=check.lease, sent_at=Now(), summary=outcome.message[:300])
    else:
        settle(
            check,
            "failed" if outcome.whose == "submitter" else "errored",
            summary=outcome.message,
            details=[Detail(outcome.message).as_json()],
            code=outcome.code,
            whose=outcome.whose,
        )
