"""Servers that were given to us: what is made where it is missing, what is said where it is not."""

import os
import uuid

import psycopg
import pytest
from psycopg import sql

from hub.launch.errors import LaunchError
from hub.launch.readiness import check_redis, ensure_database, page_status

SERVER, _, _ = os.environ["TEST_SESSION_DATABASE_URL"].rpartition("/")


def test_a_database_that_is_missing_is_made_once() -> None:
    name = f"made_{uuid.uuid4().hex}"
    url = f"{SERVER}/{name}"
    try:
        assert ensure_database(url) == ensure_database(url)
        with psycopg.connect(url) as connection:
            assert connection.info.dbname == name
    finally:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_somebody_who_may_not_make_the_database_is_told_who_can() -> None:
    role = f"guest_{uuid.uuid4().hex}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'hush'").format(sql.Identifier(role))
        )
    host = SERVER.rpartition("@")[2]
    try:
        with pytest.raises(
            LaunchError, match="as the server's administrator: createdb missing"
        ) as refusal:
            ensure_database(f"postgresql://{role}:hush@{host}/missing")
        assert "hush" not in str(refusal.value)
    finally:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_redis_says_its_version_and_a_closed_port_is_named() -> None:
    assert int(check_redis(os.environ["REDIS_URL"]).partition(".")[0]) >= 6
    with pytest.raises(LaunchError, match=r"REDIS_URL names redis://127\.0\.0\.1:1/0"):
        check_redis("redis://127.0.0.1:1/0")


def test_nobody_answers_at_a_closed_port() -> None:
    assert page_status(1) is None
