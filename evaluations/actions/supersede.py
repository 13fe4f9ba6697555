"""Waiting runs whose numbers nobody will look at any more end before a machine works for them."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Now

from evaluations.actions.move import move_run
from evaluations.models import Recipe, Run, RunItem
from evaluations.models.run import Purpose
from hub.models import Checkpoint, LineageEdge
from hub.state import IllegalMove


def supersede_overtaken(variant_id: int) -> list[Run]:
    """End those waiting runs of a variant of which a run that was asked for later measures a newer commit.

    A run that was asked for after that one is there on purpose and stays, as does one of a commit that
    a child's lineage names: its difference is to those very bytes. Runs in the caller's transaction.
    """
    ended = []
    for run in _waiting().filter(checkpoint__variant=variant_id).order_by("pk"):
        newer = _overtaken_by(run)
        if newer is not None:
            commit = newer.checkpoint.commit[:12]
            ended += _end(run, f"run {newer.pk} measures the newer commit {commit}", newer)
    return ended


def supersede_unwanted(recipes: Iterable[Recipe]) -> list[Run]:
    """End those waiting runs with one of `recipes` of which no recipe is on a current board.

    Called where `recipes` have just left a board, in that transaction.
    """
    waiting = _waiting().filter(items__recipe__in=list(recipes))
    unwanted = waiting.exclude(items__recipe__boards__current=True).distinct().order_by("pk")
    why = "its recipes are on no current board any more"
    return [ended for run in unwanted for ended in _end(run, why, None)]


def _waiting() -> "QuerySet[Run]":
    """Replications are of what is published; they go on."""
    waiting = Run.objects.filter(state="queued", purpose=Purpose.MEASURE)
    return waiting.select_related("checkpoint").defer("checkpoint__files", "log_tail")


def _overtaken_by(run: Run) -> Run | None:
    """The run that measures all of `run`'s recipes for a newer commit; of several the newest."""
    mine = run.checkpoint
    pinned = LineageEdge.objects.filter(parent=mine.variant_id, parent_commit=mine.commit)
    if pinned.exists():
        return None
    newer = Checkpoint.objects.filter(variant=mine.variant_id, pk__gt=mine.pk)
    digests = newer.exclude(digest=mine.digest).values("digest")
    later = RunItem.objects.filter(live=True, run__gt=run.pk, checkpoint_digest__in=digests)
    covered: dict[str, dict[int, int]] = defaultdict(dict)
    for digest, recipe, by in later.values_list("checkpoint_digest", "recipe", "run"):
        covered[digest][recipe] = by
    wanted = set(run.items.values_list("recipe", flat=True))
    found = [max(by.values()) for by in covered.values() if wanted <= set(by)]
    if not found:
        return None
    newest: Run = Run.objects.select_related("checkpoint").get(pk=max(found))
    return newest


def _end(run: Run, why: str, newer: Run | None) -> list[Run]:
    """[run], or nothing where a worker was quicker."""
    try:
        move_run(run, "superseded", why=why, superseded_by=newer, finished_at=Now(), after=None)
    except IllegalMove:
        return []
    return [run]
