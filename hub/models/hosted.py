"""Repositories that this hub serves itself, under /mirror/ (hub/mirror)."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from hub.models.entry import validate_name
from hub.models.user import Role, User


class RepositoryKind(models.TextChoices):
    MODEL = "model", "model"
    DATASET = "dataset", "dataset"


class HostedRepositoryQuerySet(models.QuerySet["HostedRepository"]):
    def named(self, kind: str, owner: str, name: str) -> Self:
        return self.filter(kind=kind, owner__iexact=owner, name__iexact=name)


class HostedRepository(models.Model):
    """One repository; `refs` maps full names (`refs/heads/main`) to commit shas.

    The bytes are in the hub's store, found by the SHA-256 that a commit names.
    """

    kind = models.CharField(max_length=10, choices=RepositoryKind, default=RepositoryKind.MODEL)
    owner = models.CharField(max_length=96, validators=[validate_name])
    name = models.CharField(max_length=96, validators=[validate_name])
    private = models.BooleanField(default=False, help_text="Only readers know that it exists.")
    gated = models.BooleanField(default=False, help_text="Everybody sees it, readers download it.")
    readers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="readable_repositories", blank=True
    )
    refs = models.JSONField(default=dict)
    # In small letters, `owner/name`: who asks for one is sent on to the new name.
    former_names = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HostedRepositoryQuerySet.as_manager()

    class Meta:
        verbose_name = "hosted repository"
        verbose_name_plural = "hosted repositories"
        ordering = ["owner", "name"]
        constraints = [
            models.UniqueConstraint(
                "kind", Lower("owner"), Lower("name"), name="hosted_address_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=RepositoryKind.values), name="hosted_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def readable_by(self, user: User | None) -> bool:
        """Whether `user` (None: nobody signed in) may read what is private or gated."""
        if user is None:
            return False
        return user.is_at_least(Role.MAINTAINER) or self.readers.filter(pk=user.pk).exists()

    def commit_at(self, revision: str) -> "HostedCommit | None":
        """The commit that a branch, tag, full ref or commit sha names."""
        for ref in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            if sha := self.refs.get(ref):
                return self.commits.get(sha=sha)
        return self.commits.filter(sha=revision).first()


class HostedCommit(models.Model):
    """One state of a repository, never changed.

    `files` is a list of {"path", "size": bytes, "sha256", "oid": git's name for it, "lfs": bool},
    sorted by path. `sha` is a SHA-1 over them and the parent, so the same folder is the same commit.
    """

    repository = models.ForeignKey(HostedRepository, models.PROTECT, related_name="commits")
    sha = models.CharField(max_length=40)
    parent = models.CharField(max_length=40, blank=True)
    files = models.JSONField()
    message = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "hosted commit"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "sha"], name="hosted_commit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.repository}@{self.sha[:8]}"
