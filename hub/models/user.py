from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse

# allauth reads this list by its dotted name (settings.ACCOUNT_USERNAME_VALIDATORS).
username_validators = [
    RegexValidator(
        r"^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}\Z",
        "Use up to 39 small letters, digits and single hyphens, not at either end.",
    )
]


class Role(models.TextChoices):
    MEMBER = "member", "member"
    REVIEWER = "reviewer", "reviewer"
    MAINTAINER = "maintainer", "maintainer"
    ADMIN = "admin", "admin"


# Each role may do what the roles before it may.
RANKS = {role: rank for rank, role in enumerate(Role.values)}


class User(AbstractUser):
    """A person. What a role may do is decided by predicates in each app, never in templates."""

    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    about = models.TextField(blank=True, max_length=2000)
    # A program's account: it may propose and comment, and signs nothing off.
    is_bot = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("username"),
                name="user_username_once",
                violation_error_message="That username is taken.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_known"
            ),
        ]

    def is_at_least(self, role: str) -> bool:
        """Whether this person's role is `role` or one that may do more."""
        return self.is_active and RANKS[self.role] >= RANKS[role]

    def get_absolute_url(self) -> str:
        return reverse("person_detail", args=[self.username])
