from django.db import models
from django.urls import reverse

from evaluations.models.recipe import Recipe


class Board(models.Model):
    """A leaderboard: a named, versioned, immutable list of recipes with weights."""

    slug = models.SlugField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=120)
    question = models.CharField(max_length=200, help_text="What the board answers.")
    description = models.TextField(blank=True)
    recipes = models.ManyToManyField(Recipe, through="BoardRecipe", related_name="boards")
    # The version that /boards/<slug>/ shows; older ones stay reachable.
    current = models.BooleanField(default=True)
    # Merging a variant queues its evaluation on boards that take everybody.
    automatic = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # A score landed since the ranks were computed (actions/rank.py clears it).
    stale_since = models.DateTimeField(null=True, editable=False)
    ranked_at = models.DateTimeField(null=True, editable=False)
    # Number of standings, kept by actions/rank.py: a page must not count 100,000 rows.
    size = models.PositiveIntegerField(default=0, editable=False)
    # What a page says about the whole board, kept by actions/rank.py: choices of the filters, the
    # span of each column, the points of the chart (evaluations/actions/rank.py has the shape).
    facets = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="board_version_once"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(current=True), name="board_one_current"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("board_detail", args=[self.slug])


class BoardRecipe(models.Model):
    """One column of a board."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="columns")
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="columns")
    label = models.CharField(max_length=40)
    weight = models.FloatField(default=1.0)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["board", "recipe"], name="board_recipe_once"),
            models.UniqueConstraint(fields=["board", "position"], name="board_position_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=0), name="board_weight_positive"),
        ]

    def __str__(self) -> str:
        return self.label
