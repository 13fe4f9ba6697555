"""Known numbers measured again: compared and kept beside them, never in their place."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.record import record_run
from evaluations.actions.request import request_runs
from evaluations.actions.request_replication import request_replication
from evaluations.actions.retry import retry_run
from evaluations.actions.start import claim_next
from evaluations.models import Board, Replication, Run, Score
from hub.models import User
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.evaluations.actions.test_record import report_for, scoring_run
from tests.factories import make_board, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(tmp_path: Path) -> Run:
    """A published run that somebody asked for."""
    run = scoring_run()
    record_run(run, report_for(run, tmp_path / "first"), timings={})
    run.refresh_from_db()
    return run


def measure(run: Run, folder: Path, **changes: Any) -> Run:
    """As a worker would, with `changes` to what the harness answers."""
    claimed = claim_next(queue=run.queue, worker="test")
    assert claimed is not None
    assert claimed.pk == run.pk
    for state in ("preparing", "running", "scoring"):
        move_run(claimed, state)
    record_run(claimed, report_for(claimed, folder, **changes), timings={})
    return claimed


def test_the_same_answers_agree_and_the_score_stays(
    measured: Run, sam: User, tmp_path: Path
) -> None:
    board = make_board(recipes=list(measured.recipes.all()))
    again = request_replication(actor=sam, run=measured)
    assert [item.live for item in again.items.all()] == [False]
    measure(again, tmp_path / "again")
    found = Replication.objects.get()
    assert (found.agrees, found.changed, found.requested_by) == (True, 0, sam)
    assert found.score.run == measured
    assert Score.objects.count() == 1
    assert Board.objects.get(pk=board.pk).stale_since is None


def test_another_number_is_told_and_changes_nothing(
    measured: Run, sam: User, tmp_path: Path
) -> None:
    known = Score.objects.get()
    outcomes = tuple(1.0 - one for one in known.samples.outcomes)
    again = request_replication(actor=sam, run=measured)
    measure(again, tmp_path / "again", value=1 - known.value, stderr=0.001, outcomes=outcomes)
    found = Replication.objects.get()
    assert (found.changed, found.value) == (len(outcomes), 1 - known.value)
    assert Score.objects.get().value == known.value
    page = signed_in(sam).get(measured.get_absolute_url()).content.decode()
    assert "measured again 1 time by others" in " ".join(page.split())
    other = signed_in(sam).get(again.get_absolute_url()).content.decode()
    assert "samples came out differently" in other


def test_it_is_for_others_and_for_people(measured: Run, sam: User) -> None:
    for person in (measured.requested_by, make_user(is_bot=True), make_user(is_active=False)):
        with pytest.raises(PermissionDenied):
            request_replication(actor=person, run=measured)
    request_replication(actor=sam, run=measured)


def test_asking_twice_names_the_first(measured: Run, sam: User, ben: User) -> None:
    first = request_replication(actor=sam, run=measured)
    with pytest.raises(Refusal, match=f"Your run {first.pk} measures this again already"):
        request_replication(actor=sam, run=measured)
    assert request_replication(actor=ben, run=measured) != first


def test_only_published_measurements_are_measured_again(
    measured: Run, sam: User, ben: User, tmp_path: Path
) -> None:
    waiting = scoring_run()
    again = request_replication(actor=sam, run=measured)
    for run in (waiting, again):
        with pytest.raises(Refusal, match="published no scores"):
            request_replication(actor=ben, run=run)


def test_a_replication_in_the_way_holds_up_no_measurement(measured: Run, sam: User) -> None:
    """Its items claim no place: what is asked for is what nobody has measured."""
    request_replication(actor=sam, run=measured)
    recipes = list(measured.recipes.all())
    assert request_runs(actor=sam, checkpoint=measured.checkpoint, recipes=recipes) == []


def test_a_retried_replication_is_still_theirs(
    measured: Run, sam: User, cleo: User, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 1
    again = request_replication(actor=sam, run=measured)
    claimed = claim_next(queue=again.queue, worker="test")
    assert claimed is not None
    fail_run(claimed, dataclasses.replace(LEASE_LOST, retryable=False))
    retried = retry_run(actor=cleo, run=claimed)
    assert (retried.purpose, retried.requested_by, retried.retry_of) == ("replicate", sam, claimed)


def test_the_button_and_the_api_ask_for_one(measured: Run, sam: User, api: APIClient) -> None:
    page = signed_in(sam).get(measured.get_absolute_url()).content.decode()
    assert "Run it again myself" in page
    own = signed_in(measured.requested_by).get(measured.get_absolute_url()).content.decode()
    assert "Run it again myself" not in own
    answer = signed_in(sam).post(reverse("run_replicate", args=[measured.pk]))
    made = Run.objects.get(purpose="replicate")
    assert answer["Location"] == made.get_absolute_url()
    api.force_authenticate(make_user())
    told = api.post(reverse("api_run_replicate", args=[measured.pk]))
    assert (told.status_code, told.json()["purpose"]) == (201, "replicate")
