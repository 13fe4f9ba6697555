from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evaluations.models.claim import Claim
from evaluations.models.score import Score
from hub.models import Dataset, ModelVariant
from hub.state import Stateful


class DisputeReason(models.TextChoices):
    CONTAMINATION = "contamination", "trained on the test data"
    LICENCE = "licence", "licence"
    LINEAGE = "lineage", "wrong lineage"
    BROKEN = "broken", "broken"
    SCORE = "score", "wrong score"


class Dispute(Stateful):
    """Somebody disputes an entry, a score or a claim. Decided in the open; nothing is deleted by it.

    `number` is the contribution where it is argued: contributions open and settle disputes.
    """

    MOVES = {
        "open": {"upheld", "dismissed"},
        "upheld": {"lifted"},
        "dismissed": set(),
        "lifted": set(),
    }

    number = models.PositiveBigIntegerField(unique=True)
    state = models.CharField(max_length=20, default="open")
    reason = models.CharField(max_length=20, choices=DisputeReason)
    summary = models.CharField(max_length=300)
    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="disputes"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="disputes"
    )
    # More exactly, where it is about one number of the variant.
    score = models.ForeignKey(Score, models.CASCADE, null=True, blank=True, related_name="disputes")
    claim = models.ForeignKey(Claim, models.CASCADE, null=True, blank=True, related_name="disputes")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # The contribution that lifted it.
    lifted_number = models.PositiveBigIntegerField(null=True, blank=True)
    # The newest of all is part of every board's ETag: each move sets it.
    changed_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant=None, dataset__isnull=False)
                | Q(variant__isnull=False, dataset=None),
                name="dispute_about_one_entry",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=DisputeReason.values), name="dispute_reason_known"
            ),
        ]
        indexes = [
            # boards and variant pages: what stands against an entry
            models.Index(
                fields=["variant"],
                condition=Q(state__in=["open", "upheld"]),
                name="dispute_standing",
            )
        ]

    def __str__(self) -> str:
        return f"dispute #{self.number}: {self.state}"
