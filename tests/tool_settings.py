"""Settings for tools that read the code and never touch a server: mypy, makemigrations --check."""

import os

os.environ.setdefault("STATE_DIR", "/nonexistent")
os.environ.setdefault("SECRET_KEY", "only-for-tools-that-never-serve-a-request")
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from hub.settings import *  # noqa: F403

# makemigrations looks at the database if it can; a pool would wait ten seconds for one that is not there.
DATABASES["default"]["OPTIONS"].pop("pool")  # noqa: F405
