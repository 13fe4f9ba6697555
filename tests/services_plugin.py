"""Real servers for the tests: loaded by `-p tests.services_plugin` (pyproject.toml).

A test session has one PostgreSQL and one Valkey, throw-away, started in about half a second; each xdist
worker has its own test database (pytest-django adds the worker's name) and its own Redis database number.
TEST_DATABASE_URL and TEST_REDIS_URL use servers that run already; the role must be allowed to make
databases, and the Redis databases from 1 up are emptied. A server that cannot start fails the session;
nothing is ever skipped for want of one.

All this happens while the module is imported: pytest-django reads the settings before any hook or
conftest of ours would be asked.
"""

import atexit
import os
import sys
from pathlib import Path

from hub.launch.errors import LaunchError
from hub.launch.readiness import check_redis, ensure_database
from hub.launch.services import TemporaryServices

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# What a developer may have exported for `make run` must not steer the tests.
NOT_OURS = (
    "ALLOWED_HOSTS",
    "HF_TOKEN",
    "PORT",
    "SITE_URL",
    "SECURE_COOKIES",
    "SECURE_SSL_REDIRECT",
)
_header: list[str] = []


def _start() -> None:
    """In the controlling process: the servers, and what the workers find in their environment."""
    services = TemporaryServices()
    atexit.register(services.stop)  # also after a usage error and Ctrl-C; a kill is the sweeper's
    database, redis = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if database:
        _header.append(f"PostgreSQL {ensure_database(database)} of TEST_DATABASE_URL")
    else:
        postgres = services.start_postgres()
        database = postgres.url("tributary")
        _header.append(f"PostgreSQL {postgres.install.version} from {postgres.install.source}")
    if redis:
        redis = redis.rpartition("/")[0] if redis.count("/") > 2 else redis
        _header.append(f"Redis {check_redis(redis)} of TEST_REDIS_URL")
    else:
        valkey = services.start_valkey()
        redis = valkey.url(0).removesuffix("/0")
        _header.append(f"Valkey from {valkey.install.source}")
    os.environ["TEST_SESSION_DATABASE_URL"] = database
    os.environ["TEST_SESSION_REDIS_URL"] = redis
    os.environ["TEST_SESSION_FOLDER"] = str(services.folder)


def _point_settings() -> None:
    """The environment that hub/settings.py reads, for this process alone."""
    for name in NOT_OURS:
        os.environ.pop(name, None)
    # Kept free of 0, which belongs to somebody in a server that was running before us.
    number = int(WORKER.removeprefix("gw") or 0) + 1
    state = Path(os.environ["TEST_SESSION_FOLDER"]) / f"state-{WORKER or 'main'}"
    state.mkdir(exist_ok=True)
    os.environ |= {
        "DATABASE_URL": os.environ["TEST_SESSION_DATABASE_URL"],
        # Trying a model takes seconds of the harness; tests/contributions/checks/test_smoke.py does.
        "SMOKE_MAX_BYTES": "0",
        "REDIS_URL": f"{os.environ['TEST_SESSION_REDIS_URL']}/{number}",
        "STATE_DIR": str(state),
        "SECRET_KEY": "for the tests alone, never for a site that anybody can reach",
        "DEBUG": "False",
        "DEMO": "False",
        # Nobody listens there: a test that forgets its stand-in fails instead of reaching the internet.
        "HF_ENDPOINT": "http://127.0.0.1:9",
    }


try:
    if not WORKER:
        _start()
    _point_settings()
except LaunchError as error:
    sys.exit(f"The test session cannot start. {error}")


def pytest_report_header() -> str:
    """Which servers answer, for whoever reads a failure."""
    return "services: " + ", ".join(_header or ["those of the controlling process"])
