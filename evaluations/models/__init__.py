"""What entries are worth: the nouns of measuring, one a file."""

from evaluations.models.benchmark import Benchmark, BenchmarkVersion
from evaluations.models.board import Board, BoardRecipe
from evaluations.models.claim import Claim
from evaluations.models.dispute import Dispute
from evaluations.models.event import RunEvent
from evaluations.models.recipe import Recipe
from evaluations.models.replication import Replication
from evaluations.models.run import Run, RunItem
from evaluations.models.score import Samples, Score
from evaluations.models.standing import Cell, Standing

__all__ = [
    "Benchmark",
    "BenchmarkVersion",
    "Board",
    "BoardRecipe",
    "Cell",
    "Claim",
    "Dispute",
    "Recipe",
    "Replication",
    "Run",
    "RunEvent",
    "RunItem",
    "Samples",
    "Score",
    "Standing",
]
