from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from hub.models import Dataset


class Benchmark(models.Model):
    """A task on a dataset. What is measured stands in its versions."""

    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    dataset_name = models.CharField(
        max_length=200, blank=True, help_text="owner/name at the origin"
    )
    dataset = models.ForeignKey(
        Dataset, models.SET_NULL, null=True, blank=True, related_name="benchmarks"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("benchmark_detail", args=[self.slug])


class BenchmarkVersion(models.Model):
    """Immutable: the task as the harness runs it, its metric, direction, chance level and bounds."""

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    harness = models.CharField(max_length=40)
    task = models.CharField(max_length=120, help_text="Task name in the harness.")
    # Path under evaluations/suites/, or empty for a task of the harness's own registry.
    task_file = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 over definition, data and code.")
    metric = models.CharField(max_length=60)
    filter = models.CharField(max_length=60, default="none")
    # "mean_of_groups" where the value is the unweighted mean over every group entry of the task.
    aggregate = models.CharField(max_length=20, default="task")
    higher_is_better = models.BooleanField(default=True)
    unit = models.CharField(max_length=30, default="proportion")
    chance = models.FloatField(null=True, blank=True, help_text="Score of a guesser.")
    lower_bound = models.FloatField(null=True, blank=True)
    upper_bound = models.FloatField(null=True, blank=True)
    # The value that normalises to 100: the upper bound, or for unbounded metrics a stated best.
    best = models.FloatField(null=True, blank=True)
    sample_count = models.PositiveIntegerField(null=True, blank=True)
    # A benchmark that people contributed: its declarative definition, which the hub turns into a
    # task itself (suites/declared.py), and its documents as JSON lines in the store.
    definition = models.JSONField(null=True, blank=True)
    data_sha256 = models.CharField(max_length=64, blank=True)
    # Field of a document that says what belongs together (a passage): errors are clustered by it.
    cluster_by = models.CharField(max_length=60, blank=True)
    # Questions and answers stay with the hub: outcomes are public, documents are not.
    confidential = models.BooleanField(default=False)
    needs = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["benchmark", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["benchmark", "version"], name="benchmark_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.benchmark} {self.version}"

    def normalise(self, value: float) -> float | None:
        """`value` on a scale where chance is 0 and the best possible is 100; None where undefined.

        Not clipped below 0: worse than guessing is information.
        """
        ends = self.anchors()
        return None if ends is None else 100 * (value - ends[0]) / (ends[1] - ends[0])

    def anchors(self) -> tuple[float, float] | None:
        """The values that normalise to 0 and to 100, in the metric's unit; None where not stated.

        Where nothing is stated the bounds stand in: the better one for the best, the other for chance.
        """
        bounds = (self.lower_bound, self.upper_bound)
        worse, better = bounds if self.higher_is_better else bounds[::-1]
        best = self.best if self.best is not None else better
        floor = self.chance if self.chance is not None else worse
        if best is None or floor is None or best == floor:
            return None
        return floor, best
