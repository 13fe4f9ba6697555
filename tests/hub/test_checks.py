"""What the site refuses to start with, and what it warns of."""

from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from pytest_django.fixtures import Settings

from hub import checks


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_a_folder_that_cannot_be_written_is_an_error(settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    settings.STATE_DIR, settings.STORE_DIR = tmp_path / "new", blocked / "store"
    assert ids(checks.folders_are_writable(None)) == ["hub.E002"]


@pytest.mark.parametrize(
    ("demo", "address", "found"),
    [
        (True, "http://127.0.0.1:8000", []),
        (True, "https://hub.example.org", ["hub.E003"]),
        (False, "https://hub.example.org", []),
    ],
)
def test_the_demo_stays_at_home(
    settings: Settings,
    *,
    demo: bool,
    address: str,
    found: list[str],
) -> None:
    settings.DEMO, settings.SITE_URL = demo, address
    assert ids(checks.demo_stays_at_home(None)) == found


@pytest.mark.parametrize("address", ["hub.example.org", "ftp://hub", "https://hub/below", ""])
def test_an_address_that_is_none_is_an_error(settings: Settings, address: str) -> None:
    settings.SITE_URL = address
    assert ids(checks.site_url_is_whole(None)) == ["hub.E004"]


def test_only_a_worker_misses_the_harness(settings: Settings, tmp_path: Path) -> None:
    settings.HARNESS_PYTHON = tmp_path / "python"
    assert checks.harness_is_there(None) == []
    settings.TRIBUTARY_ROLE = "worker"
    assert ids(checks.harness_is_there(None)) == ["hub.W005"]


@pytest.mark.parametrize(
    ("hosts", "address", "found"),
    [
        (["*"], "https://hub.example.org", ["hub.W006"]),
        (["127.0.0.1"], "https://hub.example.org", ["hub.W007"]),
        (["127.0.0.1"], "http://127.0.0.1:8000", ["hub.W008"]),
        (["hub.example.org"], "https://hub.example.org", []),
    ],
)
def test_a_public_site_knows_its_name(
    settings: Settings, hosts: list[str], address: str, found: list[str]
) -> None:
    settings.ALLOWED_HOSTS, settings.SITE_URL = hosts, address
    assert ids(checks.hosts_are_named(None)) == found
