from django.conf import settings
from django.db import models
from django.urls import reverse

from evaluations.models.benchmark import Benchmark
from hub.models import ModelVariant

INFINITY = float("inf")


class ReporterRole(models.TextChoices):
    """What whoever reported it has to do with the variant."""

    SELF_REPORTED = "self_reported", "its makers"
    RELAYED = "relayed", "relayed from elsewhere"
    REPRODUCED = "reproduced", "reproduced by a third party"
    COMMUNITY = "community", "measured by the community"


class Claim(models.Model):
    """A number that somebody reported elsewhere, under a protocol as they state it.

    Never mixed with scores: no board, rank, delta or average reads this table. A later claim may
    supersede an earlier one, which stays.
    """

    # The contribution that brought it.
    number = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)

    variant = models.ForeignKey(ModelVariant, models.CASCADE, related_name="claims")
    # Linked where the hub knows the benchmark; the name as reported stays either way.
    benchmark = models.ForeignKey(
        Benchmark, models.SET_NULL, null=True, blank=True, related_name="claims"
    )
    benchmark_name = models.CharField(max_length=120)
    metric = models.CharField(max_length=60, blank=True)
    value = models.FloatField(help_text="In the unit that was reported.")
    unit = models.CharField(max_length=30, default="percent")
    stderr = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(null=True, blank=True, help_text="answers per question")
    revision = models.CharField(max_length=64, blank=True, help_text="Commit, where stated.")
    reporter = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=ReporterRole)
    protocol = models.TextField(blank=True, help_text="As stated by the reporter.")
    harness = models.CharField(max_length=120, blank=True)
    source = models.URLField(max_length=500, help_text="Where the reporter says so.")
    # Of a relayed number: where it was first reported.
    first_reported = models.URLField(max_length=500, blank=True)
    reported_on = models.DateField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="supersedes"
    )
    # Result and sample files that somebody attached: what makes a claim a traced one.
    upload = models.ForeignKey(
        "evaluations.Upload", models.PROTECT, null=True, blank=True, related_name="claims"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["benchmark_name", "-reported_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=ReporterRole.values), name="claim_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=-INFINITY, value__lt=INFINITY), name="claim_finite"
            ),
            models.CheckConstraint(
                condition=~models.Q(role="relayed") | ~models.Q(first_reported=""),
                name="claim_relay_names_its_source",
            ),
        ]
        indexes = [models.Index(fields=["variant", "benchmark"], name="claim_by_variant")]

    def __str__(self) -> str:
        return f"{self.benchmark_name} {self.value:g} of {self.variant} by {self.reporter}"

    def get_absolute_url(self) -> str:
        return reverse("claim_detail", args=[self.pk])

    @property
    def is_standing(self) -> bool:
        """Nobody has reported a later number in its place."""
        return self.superseded_by_id is None
