"""The public queue, as a page and from the API: who, what, when, and what each run waits for."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evaluations.models import Run, Worker
from evaluations.turns import person_share
from hub.models import User
from tests.conftest import signed_in
from tests.factories import make_checkpoint, make_recipe, make_run, make_user
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def worker(**fields: object) -> Worker:
    return Worker.objects.create(name="w", host="here", **{"queues": ["cpu"], **fields})


def page_of(client: Client, query: str = "") -> str:
    return client.get(f"/runs/{query}").content.decode()


def test_each_waiting_run_says_its_place_for_whom_and_when(client: Client, ann: User) -> None:
    worker()
    make_run(state="running", started_at=timezone.now(), expected_seconds=7200.0)
    merged = make_run(turn=2.0, share=person_share(ann), expected_seconds=90.0)
    page = page_of(client)
    row = page.partition(f'id="run-{merged.pk}"')[2]
    assert "an hour from now" in row.replace("\xa0", " ").replace("1 hour", "an hour")
    assert "takes about 1\xa0min 30\xa0s" in row
    assert f'for <a href="/people/{ann.username}/">{ann.username}' in row
    assert "2\xa0h" in page  # what the run at work still takes


def test_what_it_waits_for_is_said_in_words(client: Client) -> None:
    trial = make_run(turn=1.0)
    make_run(turn=2.0, after=trial)
    make_run(turn=3.0, not_before=timezone.now() + timedelta(hours=2))
    make_run(turn=4.0, needs=["gguf"])
    page = page_of(client)
    assert f'Waits for <a href="/runs/{trial.pk}/">run {trial.pk}</a>' in page
    assert "Tried again" in page
    assert "No worker serves queue cpu now" in page
    worker()
    assert "No worker of queue cpu has what it needs: gguf" in page_of(client)


def test_filters_stand_in_the_address(client: Client, ann: User, sam: User) -> None:
    mine, theirs = make_run(requested_by=ann), make_run(requested_by=sam, queue="gpu")
    merged = make_run(share=person_share(ann))
    by_person = page_of(client, "?person=Ann")
    assert f"run-{mine.pk}" in by_person
    assert f"run-{merged.pk}" in by_person
    assert f"run-{theirs.pk}" not in by_person
    assert f"run-{theirs.pk}" in page_of(client, "?queue=gpu")
    assert f"run-{mine.pk}" not in page_of(client, "?queue=gpu")
    assert f"run-{theirs.pk}" in page_of(signed_in(sam), "?mine=true")
    assert f"run-{mine.pk}" not in page_of(signed_in(sam), "?mine=true")
    assert "Nothing like that waits" in page_of(client, "?person=nobody")


def test_pages_of_what_waits_keep_their_places(client: Client) -> None:
    recipe, checkpoint = make_recipe(), make_checkpoint()
    person = make_user()
    for turn in range(53):
        Run.objects.create(
            checkpoint=checkpoint, queue="cpu", turn=turn, requested_by=person, priority=turn == 52
        )
    assert recipe
    first = client.get("/runs/")
    answer = client.get(f"/runs/{first.context['waiting_next']}")
    places = [row.wait.position for row in first.context["waiting"] + answer.context["waiting"]]
    assert places == list(range(1, 54))
    assert answer.context["waiting_next"] == ""


def test_the_page_asks_as_much_for_many_runs_as_for_few(client: Client, ann: User) -> None:
    worker()

    def more() -> None:
        for number in range(4):
            person = make_user()
            states: list[dict[str, Any]] = [
                {"state": "queued", "turn": float(number)},
                {"state": "running", "started_at": timezone.now()},
                {"state": "published", "finished_at": timezone.now()},
            ]
            for fields in states:
                make_run(
                    recipes=[make_recipe(), make_recipe()], share=person_share(person), **fields
                )

    more()
    browser = signed_in(ann)
    assert assert_constant_queries(lambda: browser.get("/runs/"), more) <= 20


def test_the_api_tells_of_every_queue(client: Client) -> None:
    worker(queues=["cpu", "idle"], processes=3)
    oldest = make_run(expected_seconds=60.0)
    make_run(after=oldest)
    make_run(queue="gpu")
    Run.objects.filter(pk=oldest.pk).update(requested_at=timezone.now() - timedelta(hours=3))
    cpu, gpu, idle = client.get("/api/v1/queue/").json()
    assert (cpu["queue"], cpu["waiting"], cpu["held_back"], cpu["running"]) == ("cpu", 1, 1, 0)
    assert (cpu["workers"], cpu["slots"], cpu["expected_wait_seconds"]) == (1, 3, 0.0)
    assert cpu["oldest_age_seconds"] == pytest.approx(10_800, abs=60)
    assert (gpu["queue"], gpu["workers"], gpu["expected_wait_seconds"]) == ("gpu", 0, None)
    assert (idle["queue"], idle["waiting"], idle["oldest_requested_at"]) == ("idle", 0, None)


def test_the_api_lists_what_waits_in_the_order_of_the_page(client: Client) -> None:
    third, second, first = make_run(turn=9.0), make_run(turn=4.0), make_run(turn=99.0, priority=1)
    answer = client.get("/api/v1/runs/?state=queued&queue=cpu&ordering=-priority,turn").json()
    assert [run["id"] for run in answer["results"]] == [first.pk, second.pk, third.pk]


def test_a_run_says_from_the_api_what_it_waits_for(client: Client, ann: User) -> None:
    worker()
    make_run(turn=1.0, expected_seconds=60.0, share=person_share(ann))
    run = make_run(turn=2.0)
    waiting = client.get(f"/api/v1/runs/{run.pk}/").json()["waiting"]
    assert (waiting["reason"], waiting["position"]) == ("turn", 2)
    assert waiting["ahead"] == [{"holder": "ann", "count": 1}]
    assert waiting["expected_start"] is not None


def test_the_page_of_a_waiting_run_is_drawn_again_when_its_place_changes(client: Client) -> None:
    worker()
    first, run = make_run(turn=1.0), make_run(turn=2.0)
    seen = client.get(f"/runs/{run.pk}/").content.decode().partition("seen=")[2].partition('"')[0]
    path = f"/runs/{run.pk}/?seen={seen}"
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 204
    Run.objects.filter(pk=first.pk).update(state="cancelled")
    answer = client.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"Next on queue cpu" in answer.content
