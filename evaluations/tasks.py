"""What messages start. A message is a nudge: each of these may come twice, late or not at all."""

from celery import shared_task

from evaluations.actions.announce_worker import announce_worker
from evaluations.actions.evaluate import evaluate
from evaluations.actions.hand_on import hand_on
from evaluations.actions.put_back_rescoring import release_rescorings
from evaluations.actions.rank import mark_outdated, rank_board
from evaluations.actions.release import release_runs
from evaluations.actions.rescore import claim_rescoring
from evaluations.actions.rescore import rescore as rescore_claimed
from evaluations.actions.sign_off import sign_off
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import sweep as sweep_runs
from evaluations.actions.sweep_rescorings import sweep_rescorings
from evaluations.models import Board
from hub.celery import presence_hooks, release_hooks, worker_name
from hub.presence import Presence

release_hooks += [release_runs, release_rescorings, sign_off]


@presence_hooks.append
def announce(presence: Presence) -> None:
    announce_worker(**presence._asdict())


@shared_task(name="evaluations.work")
def work(queue: str) -> None:
    """Measure the first run that waits on `queue`; nothing to do is no error."""
    run = claim_next(queue=queue, worker=worker_name())
    if run is not None:
        evaluate(run)
    else:
        hand_on(queue=queue, worker=worker_name())


@shared_task(name="evaluations.sweep")
def sweep() -> None:
    sweep_runs()
    sweep_rescorings()


@shared_task(name="evaluations.rescore")
def rescore() -> None:
    """Judge again the scores of the rescoring that has waited longest; nothing to do is no error."""
    rescoring = claim_rescoring(worker=worker_name())
    if rescoring is not None:
        rescore_claimed(rescoring)


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
