from pathlib import Path

import pytest
from django.conf import settings as site
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def static_folder() -> None:
    """WhiteNoise warns when it is missing; nobody collects static files for the mirror."""
    Path(site.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def on_this_machine(settings: Settings) -> None:
    """Clients in these tests call servers on loopback, wherever settings say that the origin is."""
    settings.ORIGIN_HOSTS = ["127.0.0.1", "localhost"]
