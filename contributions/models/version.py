from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from contributions.models.contribution import Contribution


class Version(models.Model):
    """One numbered state of what is proposed. Never changed; revising adds the next."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # As its kind's proposal defines (contributions/proposals/).
    payload = models.JSONField()
    # Of a change to something that is there: what it looked like when this was written, from the
    # catalogue itself. Merging compares the three.
    base = models.JSONField(default=dict)
    note = models.TextField(blank=True, help_text="What changed and why, in Markdown.")
    # Developer Certificate of Origin 1.1: the name that a person signed with; empty where a program
    # wrote it and nobody has signed yet.
    signed_off = models.CharField(max_length=200, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Tools that helped, as AGENT:MODEL [tools].
    assisted_by = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contribution", "number"], name="version_number_once"),
        ]
        indexes = [
            # baselines.py: the changes of one baseline, without reading anybody's curves
            models.Index(
                Lower(KT("payload__baseline")),
                condition=models.Q(payload__has_key="baseline"),
                name="version_by_baseline",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.contribution_id} v{self.number}"
