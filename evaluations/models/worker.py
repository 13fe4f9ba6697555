from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from hub.lease import from_now


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> Self:
        """Heard of within the time in which a worker that holds a lease must have renewed it."""
        return self.filter(stopped_at=None, seen_at__gte=from_now(-settings.LEASE_SECONDS))


class Worker(models.Model):
    """A worker process group as it announces itself. What it holds is Run.worker == name.

    `hardware`: {"cpu", "cores", "memory_bytes", "gpus": [{"name", "memory_bytes"}]}; `harnesses`:
    {name: version}; `backends` and `capabilities` ("code_sandbox", "network") are what a recipe may
    ask for; `confinement`: what the kernel lets an evaluation be shut into, by part.
    """

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=120)
    queues = ArrayField(models.CharField(max_length=40), default=list)
    harnesses = models.JSONField(default=dict)
    backends = ArrayField(models.CharField(max_length=30), default=list)
    capabilities = ArrayField(models.CharField(max_length=40), default=list)
    hardware = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    confinement = models.JSONField(default=dict)
    store = models.JSONField(default=dict, help_text="Free and used bytes of its store.")
    processes = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)
    stopped_at = models.DateTimeField(null=True)
    # Takes no further run; who asked and why.
    draining = models.BooleanField(default=False)
    drained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    drain_why = models.CharField(max_length=200, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("worker_detail", args=[self.pk])

    @property
    def abilities(self) -> list[str]:
        """What Run.needs may name."""
        harnesses = [f"{name} {version}" for name, version in self.harnesses.items()]
        return [*self.backends, *self.capabilities, *harnesses]
