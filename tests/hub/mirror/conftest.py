from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def static_folder() -> None:
    """WhiteNoise warns when it is missing; nobody collects static files for the mirror."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
