"""The demo's people. They exist in demo mode only, with one password made for this hub."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub.models import User
from hub.models.user import Role

CAST = {
    "dipper": Role.MEMBER,
    "wagtail": Role.MEMBER,
    "heron": Role.REVIEWER,
    "kingfisher": Role.MAINTAINER,
    "osprey": Role.ADMIN,
}


@dataclass(frozen=True)
class Cast:
    """Who plays which part."""

    member: User
    newcomer: User
    reviewer: User
    maintainer: User
    admin: User


def password() -> str:
    """The demo's password: made once, kept in the state folder, readable by its owner only."""
    path = settings.STATE_DIR / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"{secrets.token_hex(3)}-{secrets.token_hex(3)}")
    return str(path.read_text().strip())


def ensure_cast() -> Cast:
    """Make whoever is missing. Raises ImproperlyConfigured outside demo mode; writes nothing then."""
    if not settings.DEMO:
        raise ImproperlyConfigured("Demo accounts are made in demo mode only (DEMO=True).")
    people = []
    for username, role in CAST.items():
        person, created = User.objects.get_or_create(
            username=username,
            defaults={
                "email": f"{username}@example.org",
                "role": role,
                "is_staff": role == Role.ADMIN,
                "is_superuser": role == Role.ADMIN,
            },
        )
        if created:
            person.set_password(password())
            person.save(update_fields=["password"])
        people.append(person)
    return Cast(*people)
