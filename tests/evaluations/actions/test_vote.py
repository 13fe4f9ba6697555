"""Votes bring others' runs nearer, each once, and never before where the queue is."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from evaluations.actions.take_back_vote import take_back_vote
from evaluations.actions.vote import vote
from evaluations.models import Run, Vote
from evaluations.turns import group_share, person_share
from hub.models import User, WorkingGroup
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.conftest import signed_in
from tests.factories import make_run, make_scope, make_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def turn_of(run: Run) -> float:
    return Run.objects.values_list("turn", flat=True).get(pk=run.pk)


def test_a_vote_moves_a_run_up_by_what_it_costs_and_gives_that_back(ann: User, sam: User) -> None:
    run = make_run(requested_by=ann, turn=500.0, expected_seconds=120.0)
    vote(actor=sam, run=run)
    assert turn_of(run) == 380.0
    take_back_vote(actor=sam, run=run)
    assert turn_of(run) == 500.0
    assert not Vote.objects.exists()


def test_no_number_of_votes_brings_a_run_before_where_the_queue_is(ann: User) -> None:
    make_run(state="running", started_at=timezone.now(), lease_token=1, turn=200.0)
    run = make_run(requested_by=ann, turn=500.0, expected_seconds=200.0)
    people = [make_user() for _ in range(4)]
    for person in people:
        vote(actor=person, run=run)
    assert turn_of(run) == 200.0
    # Whoever takes back a vote that moved nothing does not push the run back.
    take_back_vote(actor=people[3], run=run)
    assert turn_of(run) == 200.0
    take_back_vote(actor=people[0], run=run)
    assert turn_of(run) == 400.0


def test_neither_the_requester_nor_their_share_nor_a_bot_votes(ann: User, sam: User) -> None:
    group = WorkingGroup.objects.get_or_create(slug="data", defaults={"name": "Data"})[0]
    member, bot = make_user(), make_user(is_bot=True)
    make_scope(group, member)
    theirs = make_run(requested_by=ann, share=group_share(group), turn=900.0)
    merged = make_run(requested_by=ann, share=person_share(sam), turn=900.0)
    for person, run in ((ann, theirs), (member, theirs), (bot, theirs), (sam, merged)):
        with pytest.raises(PermissionDenied):
            vote(actor=person, run=run)
    vote(actor=sam, run=theirs)


def test_one_vote_a_person_and_only_while_it_waits(ann: User, sam: User) -> None:
    run = make_run(requested_by=ann, turn=900.0)
    vote(actor=sam, run=run)
    with pytest.raises(Refusal) as refused:
        vote(actor=sam, run=run)
    assert refused.value.code == "already_voted"
    Run.objects.filter(pk=run.pk).update(state="running")
    for act in (vote, take_back_vote):
        with pytest.raises(IllegalMove):
            act(actor=make_user() if act is vote else sam, run=run)
    with pytest.raises(Refusal):
        take_back_vote(actor=sam, run=make_run(requested_by=ann))


@pytest.mark.django_db(transaction=True)
def test_the_same_vote_six_times_at_once_counts_once(ann: User, sam: User) -> None:
    run = make_run(requested_by=ann, turn=900.0, expected_seconds=100.0)

    def click(_: int) -> bool:
        try:
            vote(actor=sam, run=run)
        except Refusal:
            return False
        return True

    assert sum(at_once(6, click)) == 1
    assert turn_of(run) == 800.0


def test_page_and_api_vote_and_take_back(client: Client, ann: User, sam: User) -> None:
    run = make_run(requested_by=ann, turn=900.0)
    browser, path = signed_in(sam), f"/runs/{run.pk}/vote/"
    assert client.post(path).status_code == 302  # to sign in
    assert not Vote.objects.exists()
    answer = browser.post(path, {"listed": "1"})
    assert answer.headers["Location"] == f"/runs/#run-{run.pk}"
    assert Vote.objects.get().person == sam
    assert "Take your vote back" in browser.get("/runs/").content.decode()
    browser.post(path, {"take_back": "1"})
    assert not Vote.objects.exists()
    assert signed_in(ann).post(path).status_code == 403


@pytest.mark.parametrize("act", ["post", "delete"])
def test_the_api_answers_with_the_run(api: APIClient, ann: User, sam: User, act: str) -> None:
    run = make_run(requested_by=ann, turn=900.0)
    if act == "delete":
        vote(actor=sam, run=run)
    api.force_authenticate(sam)
    call: Callable[[str], object] = getattr(api, act)
    answer = call(f"/api/v1/runs/{run.pk}/vote/")
    assert answer.status_code == 200, answer.json()  # type: ignore[attr-defined]
    assert answer.json()["votes"] == (1 if act == "post" else 0)  # type: ignore[attr-defined]
