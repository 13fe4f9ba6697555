"""Does it answer? For servers that were given to us, and for our own site."""

import http.client
import re
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.launch.config import redacted
from hub.launch.errors import LaunchError

OLDEST_POSTGRES = 14  # what Django 5.2 asks for
OLDEST_REDIS = 6


def ensure_database(url: str) -> str:
    """Connect, making the database where it is missing; the server's version, such as "18.6"."""
    try:
        return _postgres_version(url)
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error) or "database" not in str(error):
            raise LaunchError(_plain("DATABASE_URL", url, error)) from None
    name = urlsplit(url).path.lstrip("/")
    try:
        with psycopg.connect(_maintenance(url), connect_timeout=5, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return _postgres_version(url)
    except psycopg.errors.DuplicateDatabase:
        return _postgres_version(url)
    except psycopg.Error as error:
        raise LaunchError(
            f"{_plain('DATABASE_URL', url, error)} The database {name!r} does not exist and could not "
            f"be made; as the server's administrator: createdb {name}"
        ) from None


def _postgres_version(url: str) -> str:
    with psycopg.connect(url, connect_timeout=5) as connection:
        number = connection.info.server_version
    if number // 10_000 < OLDEST_POSTGRES:
        raise LaunchError(
            f"The PostgreSQL of DATABASE_URL has version {number // 10_000}; "
            f"{OLDEST_POSTGRES} or later is needed."
        )
    return f"{number // 10_000}.{number % 10_000}"


def _maintenance(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))


def check_redis(url: str) -> str:
    """The version of the server that REDIS_URL names."""
    try:
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(
            url, socket_timeout=5, socket_connect_timeout=5, retry=once
        ) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError, OSError) as error:
        raise LaunchError(_plain("REDIS_URL", url, error)) from None
    if int(version.partition(".")[0]) < OLDEST_REDIS:
        raise LaunchError(
            f"The Redis of REDIS_URL has version {version}; {OLDEST_REDIS} or later is needed."
        )
    return version


def _plain(name: str, url: str, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    why = re.sub(r"\s+", " ", lines[0]) if lines else type(error).__name__
    return f"{name} names {redacted(url)}, which cannot be used: {why}."


def page_status(port: int, path: str = "/") -> int | None:
    """The status of one page of our site, None while nobody answers. At most 10 s."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
