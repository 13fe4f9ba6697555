from typing import Self

from django.db import models

from contributions.models.version import Version
from hub.lease import Leased, LeasedQuerySet

# The check that pins the commit. All others look at what it pinned, so they wait for it.
FIRST = "origin"


class Whose(models.TextChoices):
    """Who has to act before the check can pass."""

    SUBMITTER = "submitter", "the submitter"
    HUB = "hub", "the hub"


class CheckQuerySet(LeasedQuerySet):
    def ready(self) -> Self:
        """Not waiting for the first check of their version."""
        first = Check.objects.filter(version=models.OuterRef("version"), name=FIRST)
        pending = first.exclude(state__in=Check.SETTLED)
        return self.filter(models.Q(name=FIRST) | ~models.Exists(pending))


class Check(Leased):
    """One automatic check of one version: a leased job whose verdict belongs to that version."""

    MOVES = {
        "queued": {"running"},
        "running": {"passed", "failed", "warning", "skipped", "errored", "queued"},
        # A re-run (by author or maintainer) puts a finished check back.
        "passed": {"queued"},
        "failed": {"queued"},
        "warning": {"queued"},
        "skipped": {"queued"},
        "errored": {"queued"},
    }
    HELD_STATES = frozenset({"running"})
    SETTLED = frozenset({"passed", "failed", "warning", "skipped", "errored"})
    # A required check in one of these does not stand in the way of a merge.
    GREEN = frozenset({"passed", "warning", "skipped"})

    version = models.ForeignKey(Version, models.CASCADE, related_name="checks")
    name = models.CharField(max_length=60)
    required = models.BooleanField(default=True)
    state = models.CharField(max_length=20, default="queued")
    summary = models.CharField(max_length=300, blank=True)
    # Of a check that is not green: a stable name for the reason, and who has to act.
    code = models.CharField(max_length=40, blank=True)
    whose = models.CharField(max_length=20, choices=Whose, blank=True)
    # [{"text": str, "field": str, "proposed": str, "found": str}]: what a person can act on
    details = models.JSONField(default=list)
    # What the check found out, for later checks and for the merge.
    findings = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="check_once_a_version"),
        ]
        indexes = [
            # the sweeper: waiting or held
            models.Index(
                fields=["state", "lease_until"],
                condition=models.Q(state__in=["queued", "running"]),
                name="check_live",
            ),
        ]

    @property
    def is_settled(self) -> bool:
        return self.state in self.SETTLED

    @property
    def is_green(self) -> bool:
        return self.state in self.GREEN

    def __str__(self) -> str:
        return f"{self.name} of {self.version}: {self.state}"
