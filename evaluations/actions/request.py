"""Ask for a checkpoint to be measured."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from evaluations.actions.mark_stale import mark_stale
from evaluations.actions.move import write_event
from evaluations.actions.settle_base import settle_base
from evaluations.actions.supersede import supersede_overtaken
from evaluations.durations import expected_by_recipe, run_seconds
from evaluations.models import Recipe, Run, RunItem
from evaluations.models.run import Purpose
from evaluations.permissions import MOST_WAITING, has_no_limit, may_ask_for_group, may_request_runs
from evaluations.queues import by_queue, needs_of, queue_for
from evaluations.trials import is_expensive, is_proven, trial_recipe, under_way
from evaluations.turns import HUB_SHARE, cost_of, group_share, hold_share, next_turn, person_share
from hub.models import Checkpoint, User, WorkingGroup
from hub.queue import send_on_commit
from hub.refusal import Refusal

# Somebody else asking for the same at the same moment costs one turn; more than a few cannot be.
MOST_TURNS = 5


def request_runs(
    *,
    actor: User,
    checkpoint: Checkpoint,
    recipes: Iterable[Recipe],
    group: WorkingGroup | None = None,
) -> list[Run]:
    """One waiting run per queue for those of `recipes` that nobody has measured or is measuring.

    With `group` they take that working group's turns, not the person's. Raises PermissionDenied, and
    Refusal too_many_waiting above MOST_WAITING runs. An empty list
    means that every score is there or on its way; boards are ranked anew so that they show it.
    """
    if not may_request_runs(actor):
        raise PermissionDenied("Sign in to request runs.")
    if group is not None and not may_ask_for_group(actor, group):
        raise PermissionDenied("Who looks after something in a working group asks on its behalf.")
    share = group_share(group) if group else ""
    with transaction.atomic():
        runs = create_runs(actor=actor, checkpoint=checkpoint, recipes=recipes, share=share)
        if runs and not has_no_limit(actor):
            refuse_a_flood(actor)
    return runs


def request_for_boards(*, actor: User, checkpoint: Checkpoint, share: str = "") -> list[Run]:
    """Runs for every current board that takes everybody; `actor` is who merged, `share` whose they are.

    The hub asks, not the person: their number of waiting runs does not matter.
    """
    recipes = Recipe.objects.filter(boards__automatic=True, boards__current=True).distinct()
    with transaction.atomic():
        try:
            settle_base(checkpoint)
        except Refusal:
            # An adapter whose base is not here yet is no mistake of who merged it: it waits to be asked for.
            return []
        return create_runs(actor=actor, checkpoint=checkpoint, recipes=recipes, share=share)


def create_runs(
    *,
    actor: User,
    checkpoint: Checkpoint,
    recipes: Iterable[Recipe],
    retry_of: Run | None = None,
    share: str = "",
) -> list[Run]:
    """Rows, events and nudges; must run in a transaction. The unique constraint on live items decides
    between two that ask for the same at once: the later finds the earlier one's. `share` (turns.py)
    is the actor's own unless named. A trial that was made for what is expensive comes last."""
    settle_base(checkpoint)
    wanted = sorted(set(recipes), key=lambda recipe: recipe.pk)
    share = share or person_share(actor)
    hold_share(share)
    for _ in range(MOST_TURNS):
        free = _unclaimed(checkpoint, wanted)
        try:
            with transaction.atomic():
                runs = [
                    create_run(actor, checkpoint, *each, retry_of=retry_of, share=share)
                    for each in by_queue(free, checkpoint)
                ]
                runs += _trial_before(runs, actor, checkpoint, share)
            break
        except IntegrityError:
            continue
    else:
        raise Refusal("busy", "Others are requesting the same runs just now. Try again.")
    if runs:
        supersede_overtaken(checkpoint.variant_id)
    if len(free) < len(wanted):
        mark_stale(set(wanted) - set(free))
    for run in runs:
        if run.after_id is None:
            send_on_commit("evaluations.work", run.queue, queue=run.queue)
    return runs


def _trial_before(runs: list[Run], actor: User, checkpoint: Checkpoint, share: str) -> list[Run]:
    """Hold the expensive ones of `runs` back until something cheap of these bytes has been published:
    what is under way, or a trial that is made for it and answered."""
    expensive = [run for run in runs if is_expensive(run)]
    if not expensive or is_proven(checkpoint):
        return []
    first, made = under_way(checkpoint), []
    if first is None:
        wanted = Recipe.objects.filter(items__run__in=expensive)
        recipe = trial_recipe(wanted.select_related("benchmark_version__benchmark"), checkpoint)
        queue = queue_for(recipe, checkpoint)
        first = create_run(actor, checkpoint, queue, [recipe], share=share)
        made.append(first)
    for run in expensive:
        run.after = first
        run.save(update_fields=["after"])
    return made


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
    share: str = "",
) -> Run:
    """The rows of one run, in the caller's transaction. Only a measurement claims its recipes."""
    share = share or person_share(actor)
    expected = run_seconds(expected_by_recipe(recipes, checkpoint), queue)
    run = Run.objects.create(
        checkpoint=checkpoint,
        queue=queue,
        requested_by=actor,
        retry_of=retry_of,
        purpose=purpose,
        needs=needs_of(recipes, checkpoint),
        share=share,
        turn=next_turn(queue=queue, share=share, cost=cost_of(expected)),
        expected_seconds=expected,
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
    own = Run.objects.filter(requested_by=actor, state="queued").exclude(share=HUB_SHARE)
    waiting = own.count()
    if waiting > MOST_WAITING:
        raise Refusal(
            "too_many_waiting",
            f"{MOST_WAITING} of your runs are waiting already. Ask again when some have run.",
        )
