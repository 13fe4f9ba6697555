"""What entries are worth: the nouns of measuring, one a file."""

from evaluations.models.benchmark import Benchmark, BenchmarkVersion
from evaluations.models.board import Board, BoardRecipe
from evaluations.models.claim import Claim
from evaluations.models.dispute import Dispute
from evaluations.models.event import RunEvent
from evaluations.models.pace import Pace
from evaluations.models.recipe import Recipe
from evaluations.models.replication import Replication
from evaluations.models.rescoring import Rescoring
from evaluations.models.run import Run, RunItem
from evaluations.models.score import Samples, Score
from evaluations.models.standing import Cell, Standing
from evaluations.models.upload import Upload
from evaluations.models.vote import Vote
from evaluations.models.worker import Worker

__all__ = [
    "Benchmark",
    "BenchmarkVersion",
    "Board",
    "BoardRecipe",
    "Cell",
    "Claim",
    "Dispute",
    "Pace",
    "Recipe",
    "Replication",
    "Rescoring",
    "Run",
    "RunEvent",
    "RunItem",
    "Samples",
    "Score",
    "Standing",
    "Upload",
    "Vote",
    "Worker",
]
