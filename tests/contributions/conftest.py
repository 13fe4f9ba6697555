"""Contributions that are there already, and an origin to check them against."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from contributions.models import Contribution
from hub.models import User
from tests.contributions.stories import submitted


@pytest.fixture(autouse=True)
def own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def origin(live_server: Any, settings: Settings) -> str:
    """This hub's own mirror, behind the real client: the address of an origin."""
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.ORIGIN_TIMEOUT = 5.0
    return str(settings.HF_ENDPOINT)


@pytest.fixture
def brook(ann: User) -> Contribution:
    """Ann proposes headwaters/brook; nothing was checked or reviewed yet."""
    return submitted(ann, "headwaters/brook")
