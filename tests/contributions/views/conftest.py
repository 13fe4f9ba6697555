"""An origin beside the whole site: the hub's own mirror, through a real server and the real client."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture
def origin(live_server: Any, settings: Settings) -> str:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.ORIGIN_TIMEOUT = 5.0
    return str(settings.HF_ENDPOINT)
