from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from evaluations.models.recipe import Recipe
from evaluations.models.run import Run
from hub.models import Checkpoint

INFINITY = float("inf")


class ErrorKind(models.TextChoices):
    HARNESS = "harness", "as the harness states it"
    SAMPLE = "sample", "over samples"
    CLUSTERED = "clustered", "clustered"
    RATIO = "ratio", "of a ratio (delta method)"
    BOOTSTRAP = "bootstrap", "bootstrap"


class Score(models.Model):
    """One measured metric of one run. Written once, by actions/record.py, never changed."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="scores")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="scores")
    checkpoint_digest = models.CharField(max_length=64)
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="scores")
    metric = models.CharField(max_length=60)
    value = models.FloatField()
    stderr = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(help_text="samples")
    # How `stderr` came about, and over how many clusters where documents belong together.
    stderr_kind = models.CharField(max_length=20, choices=ErrorKind, default=ErrorKind.HARNESS)
    clusters = models.PositiveIntegerField(null=True, blank=True)
    # Other numbers of the same answers: {"maj_at_k,all": 0.4, "truncated,all": 0.02}; never ranked.
    also = models.JSONField(default=dict)
    # Of a score that a newer scorer made of kept answers: the score whose answers they are.
    rescore_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="rescores"
    )
    task_hash = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint_digest", "recipe", "metric"], name="score_once"
            ),
            # NaN is greater than infinity in PostgreSQL's order, so this refuses all three.
            models.CheckConstraint(
                condition=models.Q(value__gt=-INFINITY, value__lt=INFINITY), name="score_finite"
            ),
            models.CheckConstraint(
                condition=models.Q(stderr=None) | models.Q(stderr__gte=0, stderr__lt=INFINITY),
                name="score_stderr_finite",
            ),
        ]
        indexes = [models.Index(fields=["checkpoint", "recipe"], name="score_by_checkpoint")]

    def __str__(self) -> str:
        return f"{self.metric} {self.value:.4g} of {self.checkpoint}"

    def get_absolute_url(self) -> str:
        return reverse("run_detail", args=[self.run_id])


class Samples(models.Model):
    """Per-sample outcomes of one score, in document order; the raw answers lie in the store."""

    score = models.OneToOneField(Score, models.CASCADE, related_name="samples")
    outcomes = ArrayField(models.FloatField())
    doc_hashes = ArrayField(models.CharField(max_length=64))
    # Of each outcome where the value is a weighted mean (perplexities: bytes or words), else null.
    weights = ArrayField(models.FloatField(), null=True)
    # What each document belongs to, where errors are clustered.
    clusters = ArrayField(models.CharField(max_length=64), null=True)
    # SHA-256 of the Parquet file with prompts and raw generations (evaluations/answers/).
    raw_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "samples"
