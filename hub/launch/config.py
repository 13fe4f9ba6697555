"""The environment variables of `make run`, read once. The rest is read by hub/settings.py."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.launch.errors import LaunchError

ROOT = Path(__file__).resolve().parents[2]
YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off", ""}


@dataclass(frozen=True)
class Config:
    """What was asked for. `database_url`, `redis_url`: None means that we start our own."""

    state: Path
    port: int
    database_url: str | None
    redis_url: str | None
    secret_key: str | None
    hf_endpoint: str | None
    demo: bool
    harness_python: Path

    @property
    def url(self) -> str:
        """Where people point their browser."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def logs(self) -> Path:
        """One file a program."""
        return self.state / "logs"


def read(environment: Mapping[str, str] = os.environ) -> Config:
    """Empty counts as not set, so that `make run DATABASE_URL=` does what it looks like."""
    endpoint = environment.get("HF_ENDPOINT") or None
    harness = environment.get("HARNESS_PYTHON") or str(ROOT / ".venv-harness" / "bin" / "python")
    return Config(
        state=Path(environment.get("STATE_DIR") or ROOT / ".state").absolute(),
        port=_port(environment.get("PORT") or "8000"),
        database_url=environment.get("DATABASE_URL") or None,
        redis_url=environment.get("REDIS_URL") or None,
        secret_key=environment.get("SECRET_KEY") or None,
        hf_endpoint=endpoint,
        demo=_flag("DEMO", environment.get("DEMO"), default=endpoint is None),
        harness_python=Path(harness).absolute(),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise LaunchError(f"PORT must be a number from 1 to 65535, not {text!r}.", code=2)
    return int(text)


def _flag(name: str, text: str | None, *, default: bool) -> bool:
    if text is None:
        return default
    if text.lower() not in YES | NO:
        raise LaunchError(f"{name} must be True or False, not {text!r}.", code=2)
    return text.lower() in YES


def redacted(url: str) -> str:
    """A URL that may be printed: the password is gone, whatever else it holds is not."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    name, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{name.partition(':')[0]}:***@{host}", query="").geturl()
