"""What `make run` says when something is in the way, before anything is started."""

import socket
from pathlib import Path

import pytest

from hub.launch import config, programs
from hub.launch.config import redacted
from hub.launch.errors import LaunchError
from tests.hub.launch.helpers import launch


def refused(tmp_path: Path, **environment: str) -> tuple[int, str]:
    """Exit status and words of a launcher that should not come up."""
    values = {"STATE_DIR": str(tmp_path / "state"), "PORT": "1", "DEMO": ""} | environment
    process = launch("hub.launch", **values)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_busy_port_is_named_and_another_one_proposed(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, output = refused(tmp_path, PORT=str(port))
    assert status == 2
    assert f"Port {port} is in use by another program." in output
    assert f"make run PORT={port + 1}" in output


def test_a_second_launcher_learns_where_the_first_one_is(tmp_path: Path, port: int) -> None:
    from_first = {"STATE_DIR": str(tmp_path / "state"), "PORT": str(port), "DEMO": "False"}
    # Its database never answers, so it holds the lock without starting a site.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/none"
        first = launch("hub.launch", **from_first, DATABASE_URL=url)
        assert first.stdout is not None
        assert "keeps everything in" in first.stdout.readline()
        status, output = refused(tmp_path)
        first.kill()
        first.communicate()
    assert status == 2
    assert (
        f"already running from {tmp_path / 'state'} (process {first.pid}, http://127.0.0.1:{port}/)"
        in output
    )


def test_a_database_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, port: int
) -> None:
    url = f"postgresql://somebody:hush@127.0.0.1:{port}/hub"
    status, output = refused(tmp_path, PORT=str(port), DATABASE_URL=url)
    assert status == 1
    assert (
        f"DATABASE_URL names postgresql://somebody:***@127.0.0.1:{port}/hub, which cannot be used"
        in output
    )
    assert "hush" not in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "PORT must be a number from 1 to 65535, not 'http'."),
        ("PORT", "70000", "PORT must be a number from 1 to 65535, not '70000'."),
        ("DEMO", "maybe", "DEMO must be True or False, not 'maybe'."),
    ],
)
def test_nonsense_in_the_environment_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(LaunchError) as refusal:
        config.read({name: value})
    assert str(refusal.value) == words
    assert refusal.value.code == 2


def site_environment(**asked: str) -> dict[str, str]:
    return programs.environment(
        config.read(asked), database_url="postgresql://d", redis_url="redis://r", secret_key="s"
    )


def test_without_an_origin_the_demo_reads_its_checkpoints_from_the_hub_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HF_ENDPOINT")
    env = site_environment(PORT="8010")
    assert (env["DEMO"], env["HF_ENDPOINT"]) == ("True", "http://127.0.0.1:8010/mirror")
    env = site_environment(HF_ENDPOINT="https://hub.example")
    assert (env["DEMO"], env["HF_ENDPOINT"]) == ("False", "https://hub.example")
    env = site_environment(DEMO="False")
    assert "HF_ENDPOINT" not in env


def test_without_a_harness_no_evaluation_worker_is_started(tmp_path: Path) -> None:
    def names(harness: str) -> list[str]:
        asked = config.read({"HARNESS_PYTHON": harness, "STATE_DIR": str(tmp_path)})
        return [program.name for program in programs.background(asked, {})]

    assert names(str(tmp_path / "missing")) == ["desk", "post", "beat", "demo"]
    (tmp_path / "python").touch()
    assert names(str(tmp_path / "python")) == ["desk", "post", "beat", "bench", "demo"]


def test_a_url_is_printed_without_its_password() -> None:
    assert redacted("redis://:secret@127.0.0.1:6379/0") == "redis://:***@127.0.0.1:6379/0"
    assert redacted("postgresql://me@[::1]:5432/hub") == "postgresql://me@[::1]:5432/hub"
