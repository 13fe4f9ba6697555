from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import Combinable

from hub.models.working_group import WorkingGroup


class ScopeRole(models.TextChoices):
    REVIEWER = "reviewer", "reviewer"
    MAINTAINER = "maintainer", "maintainer"


class ScopeQuerySet(models.QuerySet["Scope"]):
    def covering(
        self, *, group: int | Combinable | None, kind: str | Combinable, owner: str | Combinable
    ) -> Self:
        """Scopes that what is described falls into; `owner` is the namespace of its subject.

        Values, or columns of the query around this one.
        """
        kinds = models.Q(kinds=[]) | models.Q(kinds__contains=[kind])
        owners = models.Q(owner="") | models.Q(owner__iexact=owner)
        return self.filter(kinds, owners, group=group)


class Scope(models.Model):
    """What a person looks after in a working group: which kinds, of which owner's namespace.

    As a line of Linux's MAINTAINERS: empty `kinds` means all, empty `owner` means everybody's.
    """

    group = models.ForeignKey(WorkingGroup, models.CASCADE, related_name="scopes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="scopes")
    role = models.CharField(max_length=20, choices=ScopeRole, default=ScopeRole.REVIEWER)
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    owner = models.CharField(max_length=96, blank=True, help_text="Namespace, such as deepseek-ai.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=ScopeRole.values), name="scope_role_known"
            ),
            models.UniqueConstraint(fields=["group", "person", "role", "owner"], name="scope_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.role} of {self.group}"

    @property
    def what(self) -> str:
        """What of the group it covers, in words."""
        kinds = ", ".join(kind.replace("_", " ") for kind in self.kinds) or "everything"
        return f"{kinds} of {self.owner}" if self.owner else kinds
