from django.db import models
from django.db.models import F, Value
from django.db.models.functions import NullIf

from evaluations.models.board import Board, BoardRecipe
from hub.models import Checkpoint, ModelVariant

INFINITY = float("inf")
# Where a row without an average stands: behind everybody.
LAST_PLACE = INFINITY

# What is not known sorts last in both directions, which only a null does.
KNOWN_LICENCE = NullIf(F("licence"), Value(""))
KNOWN_PARENT = NullIf(F("parent_name"), Value(""))


class Standing(models.Model):
    """One variant's row on a board. Computed by actions/rank.py when a score lands, only read by pages.

    `average` is the weighted mean of normalised scores (0 = chance, 100 = best); it and `rank` are
    null while a score is missing, so that an incomplete row never stands above a complete one.
    What filters and columns need of the variant is copied here: a board page is one index scan.
    """

    board = models.ForeignKey(Board, models.CASCADE, related_name="standings", db_index=False)
    checkpoint = models.ForeignKey(Checkpoint, models.CASCADE, related_name="standings")
    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, related_name="standings", db_index=False
    )
    rank = models.PositiveIntegerField(null=True)
    # Best and worst rank that the intervals of the averages (95 %) leave open.
    rank_low = models.PositiveIntegerField(null=True)
    rank_high = models.PositiveIntegerField(null=True)
    average = models.FloatField(null=True)
    stderr = models.FloatField(null=True, help_text="of the average")
    # What pages are cut by: minus the average, infinity where there is none. Ranks move whenever
    # somebody better arrives; this does not, so a reader between two pages misses nobody. It also
    # keeps `rank` out of every index: moving 100,000 ranks rewrites no index entry.
    place = models.FloatField(default=LAST_PLACE)
    # {str(column id): {"value", "stderr", "n", "normalised", "run"}}
    values = models.JSONField(default=dict)
    missing = models.PositiveSmallIntegerField(default=0)
    # Average minus the parent's on this board; the ± takes the two as independent.
    delta = models.FloatField(null=True)
    delta_stderr = models.FloatField(null=True)
    owner = models.CharField(max_length=96)
    name = models.CharField(max_length=96)
    licence = models.CharField(max_length=60, blank=True)
    relation = models.CharField(max_length=30, blank=True)
    parent_name = models.CharField(max_length=200, blank=True)
    parameters = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["board", "place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["board", "variant"], name="standing_once"),
            models.CheckConstraint(
                condition=models.Q(average=None, rank=None, place=LAST_PLACE)
                | models.Q(average__isnull=False, rank__isnull=False, place__lt=LAST_PLACE),
                name="standing_ranked_when_complete",
            ),
        ]
        indexes = [
            # leaderboards.py: one for each order and each filter, all with keyset pages
            models.Index(fields=["board", "place", "id"], name="standing_by_place"),
            models.Index(fields=["board", "average", "id"], name="standing_by_average"),
            models.Index(fields=["board", "parameters", "id"], name="standing_by_parameters"),
            models.Index(fields=["board", "name", "id"], name="standing_by_name"),
            models.Index(fields=["board", "owner", "place", "id"], name="standing_by_owner"),
            models.Index(fields=["board", "relation", "place", "id"], name="standing_by_relation"),
            models.Index(
                F("board"), KNOWN_LICENCE, F("place"), F("id"), name="standing_by_licence"
            ),
            models.Index(F("board"), KNOWN_PARENT, F("place"), F("id"), name="standing_by_parent"),
            # the variant page
            models.Index(fields=["variant"], name="standing_by_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name} on {self.board}: {self.rank or 'unranked'}"


class Cell(models.Model):
    """One column of one standing, so that sorting by a column is an index scan too.

    `key` is the value with the metric's direction folded in: bigger is better for every column.
    Both are null where the score is missing: even the rows that come last are found by the index.
    """

    standing = models.ForeignKey(Standing, models.CASCADE, related_name="cells", db_index=False)
    column = models.ForeignKey(BoardRecipe, models.CASCADE, related_name="cells", db_index=False)
    value = models.FloatField(null=True)
    key = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standing", "column"], name="cell_once"),
            models.CheckConstraint(
                condition=models.Q(value=None, key=None)
                | models.Q(value__gt=-INFINITY, value__lt=INFINITY, key__isnull=False),
                name="cell_finite",
            ),
        ]
        indexes = [
            # leaderboards.py: best first reads it backwards
            models.Index(fields=["column", "key", "standing"], name="cell_by_column")
        ]
