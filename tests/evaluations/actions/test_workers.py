"""Workers announce themselves, drain, and say when they go."""

from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied

from evaluations.actions.announce_worker import announce_worker
from evaluations.actions.drain_worker import drain_worker, undrain_worker
from evaluations.actions.hand_on import hand_on
from evaluations.actions.sign_off import sign_off
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import forget_workers
from evaluations.models import Worker
from evaluations.queues import needs_of
from hub.lease import from_now
from hub.models import User
from hub.queue import depth, letters
from hub.refusal import Refusal
from tests import fast_harness  # noqa: F401 (registers itself)
from tests.factories import make_checkpoint, make_recipe, make_run
from tests.running import fast_recipe

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def empty_broker() -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


def announced(name: str = "bench@here/1", **fields: Any) -> Worker:
    return announce_worker(name=name, queues=("cpu",), processes=2, **fields)


def long_ago(worker: Worker, seconds: float) -> None:
    Worker.objects.filter(pk=worker.pk).update(seen_at=from_now(-seconds))


def test_a_worker_says_what_it_has_and_is_alive_from_then_on() -> None:
    worker = announced()
    worker.refresh_from_db()
    assert (worker.queues, worker.processes, worker.stopped_at) == (["cpu"], 2, None)
    assert worker.store["free_bytes"] > 0
    assert "fast 1" in worker.abilities
    assert list(Worker.objects.alive()) == [worker]


def test_a_later_word_changes_only_when_it_was_seen(cleo: User) -> None:
    worker = announced()
    drain_worker(actor=cleo, worker=worker)
    long_ago(worker, DAY)
    assert not Worker.objects.alive()
    again = announced(first=False)
    assert (again.pk, again.draining, again.started_at) == (worker.pk, True, worker.started_at)
    assert Worker.objects.alive().exists()


def test_a_start_under_an_old_name_is_a_new_worker(cleo: User) -> None:
    worker = announced()
    drain_worker(actor=cleo, worker=worker, why="new driver")
    sign_off(worker.name)
    assert not Worker.objects.alive()
    Worker.objects.update(started_at=from_now(-DAY))
    worker.refresh_from_db()
    again = announced()
    assert (again.pk, again.draining, again.drained_by, again.stopped_at) == (
        worker.pk,
        False,
        None,
        None,
    )
    assert again.started_at > worker.started_at


def test_a_word_of_a_worker_whose_row_is_gone_makes_it_anew() -> None:
    assert announced(first=False).queues == ["cpu"]


def test_a_worker_that_drains_takes_no_run_and_another_does(cleo: User) -> None:
    run = make_run()
    worker = drain_worker(actor=cleo, worker=announced(), why="new driver")
    assert (worker.drained_by, worker.drain_why) == (cleo, "new driver")
    assert claim_next(queue="cpu", worker=worker.name) is None
    assert claim_next(queue="cpu", worker=announced("bench@there/2").name) == run


def test_a_worker_that_may_work_again_does(cleo: User) -> None:
    run = make_run()
    worker = drain_worker(actor=cleo, worker=announced())
    undrain_worker(actor=cleo, worker=worker)
    assert claim_next(queue="cpu", worker=worker.name) == run


def test_a_message_that_a_draining_worker_took_goes_to_whoever_may_use_it(cleo: User) -> None:
    worker = drain_worker(actor=cleo, worker=announced())
    assert not hand_on(queue="cpu", worker=worker.name)
    announce_worker(name="gpu@there/1", queues=("gpu",))
    assert not hand_on(queue="cpu", worker=worker.name)
    other = announced("bench@there/2")
    assert not hand_on(queue="cpu", worker=other.name)
    assert depth("cpu") == 0
    assert hand_on(queue="cpu", worker=worker.name)
    assert depth("cpu") == 1


def test_a_message_that_an_unfit_worker_took_goes_to_the_least_busy_fit_one() -> None:
    needs = ["network"]
    unfit, other, busy, idle = (announced(f"{name}@here/1") for name in "abcd")
    Worker.objects.filter(pk__in=[busy.pk, idle.pk]).update(capabilities=needs)
    Worker.objects.filter(pk__in=[unfit.pk, other.pk]).update(capabilities=[])
    make_run(needs=needs)
    assert claim_next(queue="cpu", worker=busy.name)
    assert not hand_on(queue="cpu", worker=unfit.name), "nothing waits"
    for _ in range(2):
        make_run(needs=needs)
    assert not hand_on(queue="cpu", worker=idle.name), "it can take them itself"
    assert not hand_on(queue="cpu", worker="somebody who has not said what they have")
    # Four places: one is taken at `busy`. Never more messages than runs.
    assert [hand_on(queue="cpu", worker=unfit.name) for _ in range(5)] == [*[True] * 4, False]
    assert letters(["b@here", "c@here", "d@here"]) == {"b@here": 0, "c@here": 2, "d@here": 2}
    assert depth("cpu") == 0


def test_a_message_for_what_nobody_is_fit_for_ends_where_it_is() -> None:
    reader, other = announced(), announced("bench@there/2")
    make_run(needs=["nobody has this"])
    assert not hand_on(queue="cpu", worker=reader.name)
    assert letters(["bench@there"]) == {"bench@there": 0}
    assert other in Worker.objects.alive()


def test_only_maintainers_tell_workers_what_to_take(ann: User, ben: User) -> None:
    worker = announced()
    for person in (ann, ben):
        with pytest.raises(PermissionDenied):
            drain_worker(actor=person, worker=worker)
        with pytest.raises(PermissionDenied):
            undrain_worker(actor=person, worker=worker)


def test_what_evaluates_nothing_or_is_gone_cannot_be_drained(cleo: User) -> None:
    desk = announce_worker(name="desk@here/1", queues=("default",))
    with pytest.raises(Refusal) as refused:
        drain_worker(actor=cleo, worker=desk)
    assert refused.value.code == "nothing_to_drain"
    gone = announced()
    sign_off(gone.name)
    gone.refresh_from_db()
    with pytest.raises(Refusal) as refused:
        drain_worker(actor=cleo, worker=gone)
    assert refused.value.code == "worker_gone"


def test_a_run_goes_to_a_worker_that_has_what_it_needs() -> None:
    fast, other = fast_recipe(), make_recipe(harness_version="0.0.1")
    checkpoint = make_checkpoint()
    foreign = make_run(checkpoint, [other], needs=needs_of([fast, other], checkpoint))
    fitting = make_run(checkpoint, [fast], needs=needs_of([fast], checkpoint))
    worker = announced()
    assert foreign.needs == ["fast 1", "lm_eval 0.0.1"]
    assert [claim_next(queue="cpu", worker=worker.name) for _ in range(2)] == [fitting, None]
    Worker.objects.update(harnesses={"fast": "1", "lm_eval": "0.0.1"})
    assert claim_next(queue="cpu", worker=worker.name) == foreign


def test_a_worker_that_nobody_has_heard_of_for_a_month_is_forgotten() -> None:
    gone, silent, there = (announced(f"bench@here/{number}") for number in range(3))
    sign_off(gone.name)
    long_ago(gone, 31 * DAY)
    long_ago(silent, 29 * DAY)
    assert (forget_workers(), forget_workers()) == (1, 0)
    assert list(Worker.objects.all()) == [silent, there]
