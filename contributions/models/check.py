from django.db import models

from contributions.models.version import Version
from hub.lease import Leased, LeasedQuerySet


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
    # [{"text": str, "field": str or ""}]: what a person can act on
    details = models.JSONField(default=list)
    # What the check found out, for later checks and for the merge.
    findings = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = LeasedQuerySet.as_manager()

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

    def __str__(self) -> str:
        return f"{self.name} of {self.version}: {self.state}"
