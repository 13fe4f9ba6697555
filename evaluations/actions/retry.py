"""Ask again for what a run failed to measure."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evaluations.actions.request import create_run, create_runs
from evaluations.models import Recipe, Run
from evaluations.models.run import Purpose
from evaluations.permissions import may_retry_run
from hub.models import User
from hub.queue import send_on_commit
from hub.refusal import Refusal
from hub.state import IllegalMove

RETRIABLE = frozenset({"failed", "cancelled", "superseded"})


def retry_run(*, actor: User, run: Run) -> Run:
    """A new waiting run with the items of one that published nothing, which stays as it ended.

    Raises PermissionDenied; IllegalMove when `run` has not ended so; Refusal already_requested when
    another run has measured all of it since, or is about to.
    """
    if not may_retry_run(actor, run):
        raise PermissionDenied("Only who requested a run, or a maintainer, may retry it.")
    run.refresh_from_db(fields=["state"])
    if run.state not in RETRIABLE:
        raise IllegalMove(run, "queued", run.state)
    recipes = [item.recipe for item in run.items.select_related("recipe")]
    if run.purpose == Purpose.REPLICATE:
        return _replicate_again(actor, run, recipes)
    with transaction.atomic():
        runs = create_runs(actor=actor, checkpoint=run.checkpoint, recipes=recipes, retry_of=run)
        if not runs:
            raise Refusal("already_requested", "Another run measures the same already.")
    return runs[0]


def _replicate_again(actor: User, run: Run, recipes: list[Recipe]) -> Run:
    """It stays the replication of whoever asked for it: who retries it is not who tested."""
    with transaction.atomic():
        again = create_run(
            run.requested_by,
            run.checkpoint,
            run.queue,
            recipes,
            retry_of=run,
            purpose=Purpose.REPLICATE,
            share=run.share,
        )
    send_on_commit("evaluations.work", again.queue, queue=again.queue)
    return again
