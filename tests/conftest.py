"""The cast, and what every test may use.

Ann wrote the contribution. Ben reviews. Cleo maintains. Dora administers. Sam is a stranger who has
an account; whoever has none is `client`.
"""

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from hub.models import User
from hub.models.user import Role
from tests.factories import make_user


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann")


@pytest.fixture
def ben(db: None) -> User:
    return make_user("ben", Role.REVIEWER)


@pytest.fixture
def cleo(db: None) -> User:
    return make_user("cleo", Role.MAINTAINER)


@pytest.fixture
def dora(db: None) -> User:
    return make_user("dora", Role.ADMIN, is_staff=True, is_superuser=True)


@pytest.fixture
def sam(db: None) -> User:
    return make_user("sam")


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Throttle counters of one test must not reach the next."""
    cache.clear()


def signed_in(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    return client
