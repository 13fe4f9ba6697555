"""Who measures, what each does now, and how a maintainer has one take no more."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evaluations.models import Worker
from hub.actions.create_token import create_token
from hub.models import User
from hub.models.token import Scope
from tests.factories import make_run
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def worker(name: str = "bench@here/1", **fields: Any) -> Worker:
    facts = {"host": "here", "queues": ["cpu"], "harnesses": {"lm_eval": "0.4.13"}, **fields}
    return Worker.objects.create(name=name, **facts)


def page_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_without_workers_the_page_says_what_to_start(client: Client) -> None:
    assert "Nobody measures yet" in page_of(client, "/workers/")


def test_each_worker_shows_what_it_measures_and_where_its_kernel_leaves_a_gap(
    client: Client,
) -> None:
    open_one = {"network": "open", "files": "private"}
    busy = worker(confinement=open_one, hardware={"cores": 8, "memory_bytes": 1 << 35, "gpus": []})
    run = make_run(state="running", worker=busy.name)
    page = page_of(client, "/workers/")
    assert "At work" in page
    assert run.get_absolute_url() in page
    assert "the network stays open to evaluations" in page
    assert "sees all files" not in page
    detail = page_of(client, busy.get_absolute_url())
    assert "Sees only its own files" in detail
    assert "forbids what is open" in detail


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Idle"),
        ({"draining": True}, "Draining"),
        ({"stopped_at": timezone.now()}, "Stopped"),
        ({"seen_at": timezone.now() - timedelta(hours=1)}, "Gone"),
    ],
)
def test_a_worker_that_holds_nothing_says_why(
    client: Client, fields: dict[str, Any], says: str
) -> None:
    worker(**fields)
    assert says in page_of(client, "/workers/")


def test_a_maintainer_drains_a_worker_and_has_it_go_on(client: Client, cleo: User) -> None:
    idle = worker()
    client.force_login(cleo)
    assert "Drain it" in page_of(client, idle.get_absolute_url())
    client.post(f"{idle.get_absolute_url()}drain/", {"why": "a new kernel"})
    idle.refresh_from_db()
    assert (idle.draining, idle.drained_by, idle.drain_why) == (True, cleo, "a new kernel")
    assert "a new kernel" in page_of(client, idle.get_absolute_url())
    client.post(f"{idle.get_absolute_url()}drain/", {"undrain": "1"})
    idle.refresh_from_db()
    assert not idle.draining


def test_nobody_else_is_offered_it(client: Client, ann: User) -> None:
    idle = worker()
    client.force_login(ann)
    assert "Drain it" not in page_of(client, idle.get_absolute_url())
    assert client.post(f"{idle.get_absolute_url()}drain/").status_code == 403


def test_a_worker_that_evaluates_nothing_is_not_drained(client: Client, cleo: User) -> None:
    desk = worker("desk@here/2", queues=["default"])
    client.force_login(cleo)
    answer = client.post(f"{desk.get_absolute_url()}drain/", follow=True)
    assert "may be stopped at any moment" in answer.content.decode()
    desk.refresh_from_db()
    assert not desk.draining


def test_a_script_reads_and_drains_workers(client: Client, cleo: User) -> None:
    idle, gone = worker(), worker("old@here/3", stopped_at=timezone.now(), queues=["gpu"])
    listed = client.get("/api/v1/workers/").json()["results"]
    assert {each["name"]: each["is_alive"] for each in listed} == {
        idle.name: True,
        gone.name: False,
    }
    narrowed = client.get("/api/v1/workers/?queue=gpu").json()["results"]
    assert [each["name"] for each in narrowed] == [gone.name]
    token = create_token(user=cleo, name="script", scopes=[Scope.EVALUATE])[1]
    answer = client.post(
        f"/api/v1/workers/{idle.pk}/drain/",
        {"draining": True, "why": "heat"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["draining"]) == (200, True)
    assert answer.json()["runs"] == []


def test_the_queries_do_not_grow_with_the_workers(client: Client) -> None:
    numbers = iter(range(100))

    def more() -> None:
        for _ in range(3):
            each = worker(f"w@here/{next(numbers)}")
            make_run(state="running", worker=each.name)

    more()
    assert_constant_queries(lambda: client.get("/workers/"), more)
    assert_constant_queries(lambda: client.get("/api/v1/workers/"), more)


def test_who_asked_for_a_run_lets_others_go_first(client: Client, ann: User) -> None:
    run = make_run(requested_by=ann)
    client.force_login(ann)
    assert "Set its priority" in page_of(client, run.get_absolute_url())
    client.post(f"{run.get_absolute_url()}priority/", {"priority": "-3"})
    run.refresh_from_db()
    assert run.priority == -3
    for wrong in ("5", "soon"):
        client.post(f"{run.get_absolute_url()}priority/", {"priority": wrong})
        run.refresh_from_db()
        assert run.priority == -3
