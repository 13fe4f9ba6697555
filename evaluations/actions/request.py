"""Ask for a checkpoint to be measured."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from evaluations.actions.mark_stale import mark_stale
from evaluations.actions.move import write_event
from evaluations.models import Recipe, Run, RunItem
from evaluations.models.run import Purpose
from evaluations.permissions import MOST_WAITING, has_no_limit, may_request_runs
from evaluations.queues import by_queue
from hub.models import Checkpoint, User
from hub.queue import send_on_commit
from hub.refusal import Refusal

# Somebody else asking for the same at the same moment costs one turn; more than a few cannot be.
MOST_TURNS = 5


def request_runs(*, actor: User, checkpoint: Checkpoint, recipes: Iterable[Recipe]) -> list[Run]:
    """One waiting run per queue for those of `recipes` that nobody has measured or is measuring.

    Raises PermissionDenied, and Refusal too_many_waiting above MOST_WAITING runs. An empty list
    means that every score is there or on its way; boards are ranked anew so that they show it.
    """
    if not may_request_runs(actor):
        raise PermissionDenied("Sign in to request runs.")
    with transaction.atomic():
        runs = create_runs(actor=actor, checkpoint=checkpoint, recipes=recipes)
        if runs and not has_no_limit(actor):
            refuse_a_flood(actor)
    return runs


def request_for_boards(*, actor: User, checkpoint: Checkpoint) -> list[Run]:
    """Runs for every current board that takes everybody; `actor` is who merged.

    The hub asks, not the person: their number of waiting runs does not matter.
    """
    recipes = Recipe.objects.filter(boards__automatic=True, boards__current=True).distinct()
    with transaction.atomic():
        return create_runs(actor=actor, checkpoint=checkpoint, recipes=recipes)


def create_runs(
    *,
    actor: User,
    checkpoint: Checkpoint,
    recipes: Iterable[Recipe],
    retry_of: Run | None = None,
) -> list[Run]:
    """Rows, events and nudges; must run in a transaction. The unique constraint on live items decides
    between two that ask for the same at once: the later finds the earlier one's."""
    wanted = sorted(set(recipes), key=lambda recipe: recipe.pk)
    for _ in range(MOST_TURNS):
        free = _unclaimed(checkpoint, wanted)
        try:
            with transaction.atomic():
                runs = [
                    create_run(actor, checkpoint, *each, retry_of=retry_of)
                    for each in by_queue(free, checkpoint)
                ]
            break
        except IntegrityError:
            continue
    else:
        raise Refusal("busy", "Others are requesting the same runs just now. Try again.")
    if len(free) < len(wanted):
        mark_stale(set(wanted) - set(free))
    for run in runs:
        send_on_commit("evaluations.work", run.queue, queue=run.queue)
    return runs


def _unclaimed(checkpoint: Checkpoint, recipes: list[Recipe]) -> list[Recipe]:
    claimed = RunItem.objects.filter(
        checkpoint_digest=checkpoint.digest, recipe__in=recipes, live=True
    ).values_list("recipe_id", flat=True)
    taken = set(claimed)
    return [recipe for recipe in recipes if recipe.pk not in taken]


def create_run(
    actor: User,
    checkpoint: Checkpoint,
    queue: str,
    recipes: list[Recipe],
    *,
    retry_of: Run | None = None,
    purpose: str = Purpose.MEASURE,
) -> Run:
    """The rows of one run, in the caller's transaction. Only a measurement claims its recipes."""
    run = Run.objects.create(
        checkpoint=checkpoint,
        queue=queue,
        requested_by=actor,
        retry_of=retry_of,
        purpose=purpose,
    )
    RunItem.objects.bulk_create(
        RunItem(
            run=run,
            recipe=recipe,
            checkpoint_digest=checkpoint.digest,
            live=purpose == Purpose.MEASURE,
        )
        for recipe in recipes
    )
    write_event(run, "", actor=actor, why=f"retry of run {retry_of.pk}" if retry_of else "")
    return run


def refuse_a_flood(actor: User) -> None:
    """Counted under a lock on the person, after the insert: twenty at once make exactly twenty."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    waiting = Run.objects.filter(requested_by=actor, state="queued").count()
    if waiting > MOST_WAITING:
        raise Refusal(
            "too_many_waiting",
            f"{MOST_WAITING} of your runs are waiting already. Ask again when some have run.",
        )
