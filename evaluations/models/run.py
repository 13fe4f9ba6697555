from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evaluations.models.recipe import Recipe
from hub.lease import Leased, LeasedQuerySet
from hub.models import Checkpoint


class Whose(models.TextChoices):
    """Who has to act on a failure."""

    SUBMITTER = "submitter", "the submitter"
    HUB = "hub", "the hub"


class Purpose(models.TextChoices):
    """A replication measures again what is known; it makes no score and holds no place."""

    MEASURE = "measure", "measurement"
    REPLICATE = "replicate", "replication"


class RunQuerySet(LeasedQuerySet):
    def waiting_in_order(self) -> Self:
        """The order in which workers take runs: priority first, then whose turn it is."""
        return self.filter(state="queued").order_by("-priority", "turn", "pk")

    def due(self) -> Self:
        """Waiting, not held back after a failure, and not for a run that has to come first."""
        ready = self.waiting_in_order().filter(after=None)
        return ready.filter(Q(not_before=None) | Q(not_before__lte=Now()))

    def live(self) -> Self:
        return self.filter(state__in=Run.live_states())


class Run(Leased):
    """One attempt-counted job: one checkpoint, a set of recipes, on a queue."""

    MOVES = {
        "queued": {"fetching", "cancelled", "failed", "superseded"},
        "fetching": {"preparing", "queued", "failed", "cancelled"},
        "preparing": {"running", "queued", "failed", "cancelled"},
        "running": {"scoring", "queued", "failed", "cancelled"},
        "scoring": {"published", "queued", "failed", "cancelled"},
        "published": set(),
        "failed": set(),
        "cancelled": set(),
        "superseded": set(),
    }
    HELD_STATES = frozenset({"fetching", "preparing", "running", "scoring"})

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="runs")
    recipes = models.ManyToManyField(Recipe, through="RunItem", related_name="runs")
    state = models.CharField(max_length=20, default="queued")
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.MEASURE)
    queue = models.CharField(max_length=40)
    # What a worker must have beside its queue (evaluations/queues.py): "lm_eval 0.4.13", "vllm" …
    needs = ArrayField(models.CharField(max_length=80), default=list, editable=False)
    priority = models.SmallIntegerField(default=0)
    # Whom the run counts against when turns are given out: "person:7", "group:algorithm".
    share = models.CharField(max_length=60, blank=True, editable=False)
    # Start-time fair queueing: grows with what the share has asked for, falls with votes.
    turn = models.FloatField(default=0.0, editable=False)
    # Runs that must be published first (a trial before what is expensive); cleared when they are.
    after = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="held_back"
    )
    superseded_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="supersedes"
    )
    expected_seconds = models.FloatField(null=True, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="requested_runs"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    # A failure that may pass puts the run back; it is not taken again before this time.
    not_before = models.DateTimeField(null=True, editable=False)
    retry_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="retries"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Set by a person's cancel while a worker holds the run; the worker looks twice a second.
    cancel_asked = models.BooleanField(default=False)
    # {"stage": str, "phase": str, "done": int, "total": int, "task": str, "tasks_done": int,
    # "tasks": int, "seconds_left": float | None}
    progress = models.JSONField(default=dict)
    log_tail = models.TextField(blank=True)
    failure_stage = models.CharField(max_length=20, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.TextField(blank=True)
    failure_whose = models.CharField(max_length=20, choices=Whose, blank=True)
    versions = models.JSONField(default=dict)
    hardware = models.JSONField(default=dict)
    # Now: {"rss_bytes": int, "gpu_bytes": int, "gpu_percent": int}; absent what cannot be known.
    usage = models.JSONField(default=dict)
    # seconds, by stage
    timings = models.JSONField(default=dict)
    # What the harness found odd but not wrong: list of sentences.
    warnings = models.JSONField(default=list)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="failed")
                | (~models.Q(failure_code="") & ~models.Q(failure_message="")),
                name="run_failure_says_why",
            ),
        ]
        indexes = [
            # workers and the queue page: what is next
            models.Index(
                fields=["queue", "-priority", "turn", "id"],
                condition=models.Q(state="queued"),
                name="run_waiting",
            ),
            # the sweeper: whose lease has run out
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["fetching", "preparing", "running", "scoring"]),
                name="run_held",
            ),
            # turns.py: where a queue is, by the first claims of late …
            models.Index(
                fields=["queue", "-started_at"],
                condition=models.Q(lease_token=1, priority=0),
                name="run_first_claims",
            ),
            # … and where a share is in it
            models.Index(fields=["queue", "share", "-turn"], name="run_shares"),
            models.Index(fields=["state", "-id"], name="run_by_state"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.checkpoint}"

    def get_absolute_url(self) -> str:
        return reverse("run_detail", args=[self.pk])


class RunItem(models.Model):
    """One recipe of one run. `live` is true from the request until the run fails or is cancelled.

    The partial unique constraint is what "never computed twice" rests on: of two requests for the
    same bytes under the same recipe, the second finds the first.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="items")
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="items")
    checkpoint_digest = models.CharField(max_length=64)
    live = models.BooleanField(default=True)
    # What this recipe took in the harness, the model load not counted.
    seconds = models.FloatField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "recipe"], name="run_item_once"),
            models.UniqueConstraint(
                fields=["checkpoint_digest", "recipe"],
                condition=models.Q(live=True),
                name="run_item_computed_once",
            ),
        ]
