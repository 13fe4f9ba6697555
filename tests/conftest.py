"""The cast, and what every test may use.

Ann wrote the contribution. Ben reviews. Cleo maintains. Dora administers. Sam is a stranger who has
an account; whoever has none is `client`.
"""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from hub.models import User
from hub.models.user import Role
from tests.factories import make_user

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Path of a Chromium: $CHROMIUM, or the first on the PATH."""
    found = (path for name in CHROMIUM_NAMES if (path := shutil.which(name)))
    return os.environ.get("CHROMIUM") or next(found, None)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without a Chromium the browser tests are left out, and the header says so."""
    return True if collection_path.name == "browser" and not find_chromium() else None


def pytest_report_header() -> str:
    found = find_chromium()
    return f"browser tests: {found}" if found else "browser tests: NOT RUN, no Chromium was found"


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


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> None:
    """Pages name their files without `collectstatic`: no manifest, and an empty folder to serve."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Throttle counters of one test must not reach the next."""
    cache.clear()


def signed_in(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    return client
