"""What messages start. A message is a nudge: each of these may come twice, late or not at all."""

from celery import shared_task

from evaluations.actions.evaluate import evaluate
from evaluations.actions.rank import mark_outdated, rank_board
from evaluations.actions.release import release_runs
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import sweep as sweep_runs
from evaluations.models import Board
from hub.celery import release_hooks, worker_name

release_hooks.append(release_runs)


@shared_task(name="evaluations.work")
def work(queue: str) -> None:
    """Measure the first run that waits on `queue`; nothing to do is no error."""
    run = claim_next(queue=queue, worker=worker_name())
    if run is not None:
        evaluate(run)


@shared_task(name="evaluations.sweep")
def sweep() -> None:
    sweep_runs()


@shared_task(name="evaluations.rank")
def rank(board_id: int) -> None:
    """Rank a board that a score made stale; one that is fresh by now costs a look."""
    board = Board.objects.filter(pk=board_id).first()
    if board is not None:
        rank_board(board)


@shared_task(name="evaluations.outdated")
def outdated() -> None:
    """Mark boards whose copies of the catalogue are old; the next sweep has them ranked."""
    mark_outdated()
