from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.json import KeyTextTransform

from contributions.models.version import Version
from hub.lease import Leased, LeasedQuerySet

# The check that pins the commit; most others look at what it pinned, so they wait for it.
FIRST = "origin"


class Whose(models.TextChoices):
    """Who has to act before the check can pass."""

    SUBMITTER = "submitter", "the submitter"
    HUB = "hub", "the hub"


class CheckQuerySet(LeasedQuerySet):
    def ready(self) -> Self:
        """Not waiting for another check of their version."""
        place = models.Func(
            models.OuterRef("waits_for"),
            models.F("name"),
            function="array_position",
            output_field=models.IntegerField(),
        )
        others = Check.objects.filter(version=models.OuterRef("version")).alias(place=place)
        pending = others.exclude(state__in=Check.SETTLED).filter(place__isnull=False)
        return self.exclude(models.Exists(pending))


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
    # Names of checks of this version whose end it waits for.
    waits_for = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    state = models.CharField(max_length=20, default="queued")
    summary = models.CharField(max_length=300, blank=True)
    # Of a check that is not green: a stable name for the reason, and who has to act.
    code = models.CharField(max_length=40, blank=True)
    whose = models.CharField(max_length=20, choices=Whose, blank=True)
    # What a person can act on, as checks/verdict.py's Detail writes it.
    details = models.JSONField(default=list)
    # What the check found out, for later checks and for the merge.
    findings = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    # Of the last attempt.
    started_at = models.DateTimeField(null=True)
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
            # duplicates and lineage: who else has these weights, or tensors of these shapes
            models.Index(
                KeyTextTransform("weights_digest", "findings"),
                condition=models.Q(name="duplicates"),
                name="check_by_weights",
            ),
            models.Index(
                KeyTextTransform("fingerprint", "findings"),
                condition=models.Q(name=FIRST),
                name="check_by_fingerprint",
            ),
            models.Index(
                KeyTextTransform("shapes_digest", "findings"),
                condition=models.Q(name=FIRST),
                name="check_by_shapes",
            ),
        ]

    @property
    def is_settled(self) -> bool:
        return self.state in self.SETTLED

    @property
    def is_green(self) -> bool:
        return self.state in self.GREEN

    @property
    def seconds(self) -> float | None:
        """What its last attempt took a worker; None before it ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def __str__(self) -> str:
        return f"{self.name} of {self.version}: {self.state}"
