from django.db import models

from evaluations.models.board import Board, BoardRecipe
from hub.models import Checkpoint, ModelVariant


class Standing(models.Model):
    """One checkpoint's row on a board. Computed by actions/rank.py when a score lands, only read by pages.

    `average` is the weighted mean of normalised scores (0 = chance, 100 = best); it and `rank` are
    null while a score is missing, so that an incomplete row never stands above a complete one.
    What filters and columns need of the variant is copied here: a board page is one index scan.
    """

    board = models.ForeignKey(Board, models.CASCADE, related_name="standings")
    checkpoint = models.ForeignKey(Checkpoint, models.CASCADE, related_name="standings")
    variant = models.ForeignKey(ModelVariant, models.CASCADE, related_name="standings")
    rank = models.PositiveIntegerField(null=True)
    average = models.FloatField(null=True)
    stderr = models.FloatField(null=True, help_text="of the average")
    # {str(column id): {"value", "stderr", "n", "normalised", "run"}}
    values = models.JSONField(default=dict)
    missing = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=96)
    name = models.CharField(max_length=96)
    licence = models.CharField(max_length=60, blank=True)
    relation = models.CharField(max_length=30, blank=True)
    parent_name = models.CharField(max_length=200, blank=True)
    parameters = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["board", models.F("rank").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["board", "checkpoint"], name="standing_once"),
        ]
        indexes = [
            # The board page by rank, with keyset pages; null ranks sort last in ascending order.
            models.Index(fields=["board", "rank", "id"], name="standing_by_rank"),
            models.Index(fields=["board", "parameters", "id"], name="standing_by_parameters"),
            models.Index(fields=["board", "owner", "rank", "id"], name="standing_by_owner"),
            models.Index(fields=["board", "licence", "rank", "id"], name="standing_by_licence"),
            models.Index(fields=["board", "relation", "rank", "id"], name="standing_by_relation"),
            models.Index(fields=["variant"], name="standing_by_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name} on {self.board}: {self.rank or 'unranked'}"


class Cell(models.Model):
    """One score on one standing, so that sorting by a column is an index scan too.

    `key` is the value with the metric's direction folded in: bigger is better for every column.
    """

    standing = models.ForeignKey(Standing, models.CASCADE, related_name="cells")
    column = models.ForeignKey(BoardRecipe, models.CASCADE, related_name="cells")
    value = models.FloatField()
    key = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standing", "column"], name="cell_once"),
        ]
        indexes = [models.Index(fields=["column", "-key", "standing"], name="cell_by_column")]
