from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse

from hub.models import Dataset, ModelVariant, WorkingGroup
from hub.state import Stateful


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def open(self) -> Self:
        return self.filter(state__in=Contribution.live_states())


class Contribution(Stateful):
    """A proposed change to the catalogue, like a pull request. Its number is its primary key."""

    MOVES = {
        "open": {"approved", "changes_requested", "closed", "withdrawn"},
        "changes_requested": {"open", "approved", "closed", "withdrawn"},
        "approved": {"open", "changes_requested", "merged", "closed", "withdrawn"},
        "merged": set(),
        "closed": set(),
        "withdrawn": set(),
    }

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    # What it is about, as people name it: owner/name.
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default="open")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contributions"
    )
    group = models.ForeignKey(WorkingGroup, models.SET_NULL, null=True, blank=True)
    # The newest version's number. Every review and merge names the version that was read.
    head = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="merged"
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    # What merging it made or changed.
    variant = models.ForeignKey(
        ModelVariant, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    dataset = models.ForeignKey(
        Dataset, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )

    objects = ContributionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "-id"], name="contribution_by_state"),
            models.Index(fields=["author", "-id"], name="contribution_by_author"),
        ]
        constraints = [
            # Two people proposing the same entry at once: the second is told of the first.
            models.UniqueConstraint(
                models.functions.Lower("subject"),
                "kind",
                condition=models.Q(state__in=["open", "changes_requested", "approved"]),
                name="contribution_one_open_a_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def number(self) -> int:
        return int(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("contribution_detail", args=[self.pk])
