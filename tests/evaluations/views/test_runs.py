"""The queue and one run: live while it lives, still afterwards, buttons only for who may press them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evaluations.actions.start import claim_next
from evaluations.models import Run, Worker
from hub.models import User
from tests.conftest import signed_in
from tests.factories import make_recipe, make_run

pytestmark = pytest.mark.django_db


def failed(user: User, **fields: str) -> Run:
    facts: dict[str, Any] = {
        "failure_stage": "preparing", "failure_code": "weights_mismatch",
        "failure_message": "lm_head.weight has the wrong shape.", "failure_whose": "submitter",
    }  # fmt: skip
    now = timezone.now()
    run = make_run(
        requested_by=user, state="failed", started_at=now, finished_at=now, **{**facts, **fields}
    )
    run.items.update(live=False)
    return run


def page_of(client: Client, run: Run) -> str:
    return client.get(run.get_absolute_url()).content.decode()


def test_the_queue_shows_work_waiting_in_order_and_what_ended(client: Client, ann: User) -> None:
    second = make_run(requested_by=ann)
    first = make_run(requested_by=ann, priority=5)
    failed(ann)
    make_run(requested_by=ann, state="running", started_at=timezone.now())
    page = client.get("/runs/").content.decode()
    assert page.index(f"run-{first.pk}") < page.index(f"run-{second.pk}")
    assert "wrong shape" in page
    assert 'hx-trigger="every 3s"' in page


def test_an_empty_queue_is_still(client: Client) -> None:
    page = client.get("/runs/").content.decode()
    assert "Nothing waits for a worker" in page
    assert "every 3s" not in page


def test_a_live_run_asks_again_and_an_ended_one_does_not(client: Client, ann: User) -> None:
    live = make_run(requested_by=ann, state="running", started_at=timezone.now())
    assert "every 2s" in page_of(client, live)
    assert "every 2s" not in page_of(client, failed(ann))


def test_nothing_new_is_not_drawn_again(client: Client, ann: User) -> None:
    run = make_run(requested_by=ann, state="running", started_at=timezone.now())
    seen = page_of(client, run).partition("seen=")[2].partition('"')[0]
    path = f"{run.get_absolute_url()}?seen={seen}"
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 204
    Run.objects.filter(pk=run.pk).update(progress={"stage": "run", "done": 3, "total": 9})
    answer = client.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"3 of 9" in answer.content
    assert b"<html" not in answer.content


def test_a_failure_says_what_happened_and_whose_turn_it_is(client: Client, ann: User) -> None:
    theirs = page_of(client, failed(ann))
    assert "wrong shape" in theirs
    assert "the submitter&#x27;s turn" in theirs or "the submitter's turn" in theirs
    ours = page_of(client, failed(ann, failure_whose="hub", failure_code="out_of_memory"))
    assert "hub's turn" in ours


def test_a_failure_says_what_to_do_and_shows_the_lines_that_explain_it(
    client: Client, ann: User
) -> None:
    log = "loading\n" * 30 + "ValueError: <b>no such thing</b>\nbye\n"
    page = page_of(client, failed(ann, failure_code="pickle_weights", log_tail=log))
    assert "Save the weights as safetensors" in page
    said = page.partition('class="log excerpt"')[2].partition("</pre>")[0]
    assert "ValueError: &lt;b&gt;no such thing" in said
    assert said.count("loading") == 2
    # While it tries again by itself nobody is told to do anything.
    waiting = failed(ann, failure_code="origin_down")
    Run.objects.filter(pk=waiting.pk).update(state="queued", finished_at=None)
    assert "nobody has to do anything" in page_of(client, waiting)
    assert "Run it again; tell" not in page_of(client, waiting)


def test_a_live_run_shows_its_log_and_what_the_machine_is_at(client: Client, ann: User) -> None:
    usage = {"rss_bytes": 2_500_000_000, "gpu_bytes": 21_000_000_000, "gpu_percent": 93}
    now = timezone.now()
    run = make_run(
        requested_by=ann, state="running", started_at=now, usage=usage, log_tail="answering 3/9"
    )
    page = page_of(client, run)
    for piece in ("answering 3/9", "as it grows", "21.0\N{NO-BREAK SPACE}GB", "93 %"):
        assert piece in page
    Run.objects.filter(pk=run.pk).update(state="published", finished_at=now)
    assert "GPU busy" not in page_of(client, run)


def test_a_run_says_which_worker_did_what_and_why(client: Client, ann: User) -> None:
    worker = Worker.objects.create(name="bench@pond/7", host="pond", queues=["cpu"])
    make_run(requested_by=ann)
    run = claim_next(queue="cpu", worker=worker.name)
    assert run is not None
    page = page_of(client, run)
    assert f'href="{worker.get_absolute_url()}">bench@pond/7</a>' in page
    assert "its turn came" in page
    worker.delete()
    assert "bench@pond/7" in page_of(client, run)


def test_a_superseded_run_leads_to_what_took_its_place(client: Client, ann: User) -> None:
    newer = make_run(requested_by=ann)
    older = make_run(requested_by=ann, state="superseded", superseded_by=newer)
    page = page_of(client, older)
    assert f"/runs/{newer.pk}/" in page
    assert "Run it again" in page_of(signed_in(ann), older)
    assert "on no current board" in page_of(client, make_run(state="superseded"))


def test_only_who_may_sees_the_buttons(client: Client, ann: User, sam: User, cleo: User) -> None:
    run = make_run(requested_by=ann)
    for visitor, sees in ((client, False), (signed_in(sam), False), (signed_in(ann), True),
                          (signed_in(cleo), True)):  # fmt: skip
        assert ("Cancel the run" in page_of(visitor, run)) is sees


def test_cancel_and_retry_go_through_their_actions(ann: User) -> None:
    run = make_run(requested_by=ann, recipes=[make_recipe()])
    browser = signed_in(ann)
    assert browser.post(f"/runs/{run.pk}/cancel/").status_code == 302
    run.refresh_from_db()
    assert run.state == "cancelled"
    # A second press changes nothing and says so.
    assert browser.post(f"/runs/{run.pk}/cancel/").status_code == 302
    answer = browser.post(f"/runs/{run.pk}/retry/")
    assert answer.status_code == 302
    assert Run.objects.filter(retry_of=run, state="queued").count() == 1


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_strangers_and_nobodies_cannot(client: Client, ann: User, sam: User, verb: str) -> None:
    run = make_run(requested_by=ann) if verb == "cancel" else failed(ann)
    path = f"/runs/{run.pk}/{verb}/"
    assert signed_in(sam).post(path).status_code == 403
    assert client.post(path).status_code == 302
    assert client.get(path).status_code in (302, 405)
    before = run.state
    run.refresh_from_db()
    assert run.state == before


def test_unknown_runs_are_not_found(client: Client) -> None:
    assert client.get("/runs/999999/").status_code == 404


def test_the_machine_is_described_in_words(client: Client, ann: User) -> None:
    told = {"cpu": "Pond", "memory_bytes": 25_276_502_016, "gpus": [], "max_rss_bytes": None}
    page = page_of(client, make_run(requested_by=ann, hardware={**told, "batch_size": 16}))
    for piece in ("<dt>CPU</dt><dd>Pond", "<dt>Memory</dt><dd>25.3", "<dt>Batch size</dt><dd>16"):
        assert piece in page
    assert "GPUs" not in page
    assert "Most memory used" not in page
