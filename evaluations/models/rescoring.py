from django.conf import settings
from django.db import models
from django.urls import reverse

from evaluations.models.recipe import Recipe
from hub.lease import Leased, LeasedQuerySet


class Rescoring(Leased):
    """A newer scorer judges the kept answers of a recipe again, without a model.

    New scores appear under `to_recipe`, beside the old. `done` of `total` were judged or could not be.
    `report`: who could not be judged and why, and what moved on each board (evaluations/rescored.py).
    """

    MOVES = {
        "queued": {"running", "cancelled"},
        "running": {"done", "queued", "failed", "cancelled"},
        "done": set(),
        "failed": set(),
        "cancelled": set(),
    }
    HELD_STATES = frozenset({"running"})

    from_recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="rescorings")
    to_recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="rescored_in")
    state = models.CharField(max_length=20, default="queued")
    why = models.TextField(help_text="What was wrong with the old scorer.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    failure_message = models.TextField(blank=True)
    report = models.JSONField(default=dict)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["from_recipe", "to_recipe"],
                # One that is done may be followed by another, for what was measured or kept since.
                condition=models.Q(state__in=["queued", "running"]),
                name="rescoring_under_way_once",
            )
        ]

    def __str__(self) -> str:
        return f"rescoring of {self.from_recipe}"

    def get_absolute_url(self) -> str:
        return reverse("rescoring_detail", args=[self.pk])
