"""docker-compose.yml and Dockerfile, as far as they can be wrong without a container engine."""

import importlib.util
import re
import shlex
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from django.conf import settings

from hub.launch import config, programs
from tests.hub.launch.helpers import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
# Read by Celery and by the images' own start scripts, not by our settings.
NOT_SETTINGS = {"REMAP_SIGTERM"}
QUEUES = {"default", "post", "cpu", "gpu"}
DEFAULT = re.compile(r"\$\{\w+:-([^{}]*)\}")


def commands(service: dict[str, Any]) -> list[list[str]]:
    """The programs that a service runs by default; a shell line is taken apart at &&."""
    argv = [DEFAULT.sub(r"\1", word) for word in service["command"]]
    if argv[:2] == ["sh", "-c"]:
        return [shlex.split(part) for part in argv[2].split("&&")]
    return [argv]


def option(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_everything_that_make_run_starts_has_a_service() -> None:
    assert set(SERVICES) == {
        *("postgres", "redis", "setup", "web", "worker", "post", "beat", "bench", "bench-gpu"),
    }


@pytest.mark.parametrize("name", OURS)
def test_the_environment_names_only_what_settings_read(name: str) -> None:
    source = (ROOT / "hub" / "settings.py").read_text()
    known = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', source))
    assert set(OURS[name]["environment"]) <= known | NOT_SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_commands_name_modules_commands_and_queues_that_exist(name: str) -> None:
    for argv in commands(OURS[name]):
        program = argv[0]
        assert program in {"granian", "celery", "python"}
        if program == "granian":
            assert importlib.util.find_spec(argv[-1].partition(":")[0])
        elif program == "celery":
            assert importlib.util.find_spec(option(argv, "-A"))
            assert argv[3] in {"worker", "beat"}
        else:
            assert argv[1] == "manage.py"
            assert argv[2] in {"migrate", "collectstatic"}
        if "worker" in argv:
            assert set(option(argv, "-Q").split(",")) <= QUEUES


def test_the_workers_take_the_queues_that_make_run_serves() -> None:
    ours = config.read({"HARNESS_PYTHON": "/bin/sh"})
    run = {
        option(list(program.command.argv), "-Q")
        for program in programs.background(ours, {})
        if "worker" in program.command.argv
    }
    composed = {
        option(argv, "-Q") for s in OURS.values() for argv in commands(s) if "worker" in argv
    }
    assert composed == run | {"gpu"}


def test_a_worker_with_a_gpu_asks_for_one_and_says_so_to_the_harness() -> None:
    service = SERVICES["bench-gpu"]
    [device] = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert service["environment"]["HARNESS_DEVICE"] == "cuda"
    assert service["profiles"] == ["gpu"]
    # What is sent to a class of memory by the others, a machine with that much may be told to take.
    assert "${GPU_QUEUES:-gpu}" in service["command"]


@pytest.mark.parametrize("name", ["bench", "bench-gpu"])
def test_a_worker_of_another_machine_can_be_led_to_these_servers(name: str) -> None:
    environment = SERVICES[name]["environment"]
    for variable in ("DATABASE_URL", "REDIS_URL"):
        assert environment[variable].startswith(f"${{{variable}:-")


def test_everybody_reads_the_same_classes_of_memory() -> None:
    told = DEFAULT.sub(r"\1", COMPOSE["x-environment"]["MEMORY_CLASSES"])
    classes = dict(pair.split("=") for pair in told.split(","))
    assert {name: int(size) for name, size in classes.items()} == settings.MEMORY_CLASSES
    assert all("MEMORY_CLASSES" in service["environment"] for service in OURS.values())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_healthy_or_done_before_others_start(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) != (service["restart"] == "no")
    for needed, how in service.get("depends_on", {}).items():
        done = "service_completed_successfully" if needed == "setup" else "service_healthy"
        assert how == {"condition": done}


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_stages_exist(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+", service["image"])
    if "build" in service:
        assert service["build"]["target"] in STAGES


def test_the_image_builds_on_a_pinned_python_that_the_site_supports() -> None:
    outside = set(re.findall(r"^FROM (\S+:\S+) AS", DOCKERFILE, re.MULTILINE))
    assert len(outside) == 1
    major, minor = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-\w+", outside.pop()).groups()  # type: ignore[union-attr]
    assert (int(major), int(minor)) >= (3, 11)


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    kept = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    for source in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source).exists()
        assert any(fnmatch(source.split("/")[0], pattern) for pattern in kept)


def test_only_the_loopback_address_is_published() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


@pytest.mark.parametrize("name", ["migrate", "collectstatic"])
def test_the_setup_service_runs_what_make_run_runs(name: str) -> None:
    assert any(argv[2] == name for argv in commands(SERVICES["setup"]))
