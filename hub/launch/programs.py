"""Which programs Tributary consists of, and the environment they share.

Queues: `default` has what must answer soon (checks, sweeps, ranks), `post` what waits for other people's
servers (mail, webhooks), `cpu` the evaluation runs; a GPU machine runs the same worker with `-Q gpu`.
REMAP_SIGTERM: a worker that is asked to stop puts its message back and releases its lease within seconds
instead of finishing an evaluation that takes hours.
"""

import os
import sys
from collections.abc import Mapping

from hub.launch.config import ROOT, Config
from hub.launch.processes import Command
from hub.launch.supervisor import Program

MANAGE = (sys.executable, "manage.py")
# What the launcher works out, and leaves for `manage.py` while the site is up.
OWN_NAMES = frozenset(
    {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "DEMO", "HARNESS_PYTHON", "HF_ENDPOINT"}
)
CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "hub")


def environment(
    config: Config, *, database_url: str, redis_url: str, secret_key: str
) -> dict[str, str]:
    """Ours, and everything that the launcher has worked out. See the table in README.md."""
    values = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secret_key,
        "PORT": str(config.port),
        "STATE_DIR": str(config.state),
        "DEMO": str(config.demo),
        "HARNESS_PYTHON": str(config.harness_python),
        "PYTHONUNBUFFERED": "1",
    }
    if config.hf_endpoint:
        values["HF_ENDPOINT"] = config.hf_endpoint
    elif config.demo:
        # The demo's checkpoints come from this very hub, through the endpoints that any hub's clients use.
        values["HF_ENDPOINT"] = f"{config.url}mirror"
    # Not ours: a `make -j` must not reach children.
    inherited = {
        k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    return inherited | values


def manage(name: str, env: Mapping[str, str], *arguments: str, rank: int = 0) -> Program:
    """A management command that is meant to end. Rank 0: its lines go to the log file only."""
    return Program(name, Command((*MANAGE, *arguments), env, ROOT), rank=rank, once=True)


def web(config: Config, env: Mapping[str, str]) -> Program:
    """granian: 2 processes of 4 threads, about twice gunicorn's pages a second, measured with the pool."""
    argv = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(config.port)),
        *("--workers", "2", "--blocking-threads", "4", "--backlog", "256"),
        *("--workers-kill-timeout", "4", "--respawn-failed-workers", "--log-level", "warning"),
        "hub.wsgi:application",
    )
    return Program("web", Command(argv, env, ROOT))


def worker(name: str, queues: str, processes: int, env: Mapping[str, str]) -> Program:
    """A Celery worker called `name` that takes from `queues` ("default", "cpu,gpu")."""
    argv = (
        *(*CELERY, "worker", "-Q", queues, "-c", str(processes), "-n", f"{name}@%h"),
        *("--loglevel", "INFO", "--without-mingle", "--without-gossip"),
    )
    # Celery warns root because of pickle, which no queue of ours accepts.
    quiet = ",".join(filter(None, [env.get("PYTHONWARNINGS"), "ignore:You're running the worker"]))
    # The launcher has migrated and served a page: nothing is left for the system checks to find.
    soft = {"REMAP_SIGTERM": "SIGQUIT", "PYTHONWARNINGS": quiet, "CELERY_SKIP_CHECKS": "1"}
    return Program(name, Command(argv, {**env, **soft}, ROOT))


def beat(config: Config, env: Mapping[str, str]) -> Program:
    """One clock for the sweeps. Sweeps are idempotent, so a second one by mistake does no harm."""
    schedule = str(config.state / "beat-schedule")
    argv = (*CELERY, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING")
    return Program("beat", Command(argv, env, ROOT))


def background(config: Config, env: Mapping[str, str]) -> list[Program]:
    """Everything beside the pages."""
    programs = [
        worker("desk", "default", 2, env),
        worker("post", "post", 1, env),
        beat(config, env),
    ]
    if config.harness_python.exists():
        # Two, so that trying a contribution does not wait for an evaluation to end.
        programs.append(worker("bench", "cpu", 2, env))
    if config.demo:
        programs.append(manage("demo", env, "demo", rank=1))
    return programs
