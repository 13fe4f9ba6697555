"""A worker that is told to stop."""

import pytest

from evaluations.actions.release import release_runs
from evaluations.actions.start import claim_next
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def test_its_runs_go_back_at_once_and_the_attempt_is_not_charged() -> None:
    make_run()
    held = claim_next(queue="cpu", worker="cpu@here/1")
    assert held is not None
    assert release_runs("cpu@here/1") == 1
    held.refresh_from_db()
    assert (held.state, held.attempt, held.not_before) == ("queued", 0, None)
    again = claim_next(queue="cpu", worker="cpu@there/2")
    assert again == held
    assert (again.attempt, again.lease_token) == (1, 2)


def test_runs_of_other_workers_stay_where_they_are() -> None:
    make_run()
    claim_next(queue="cpu", worker="cpu@here/12")
    assert release_runs("cpu@here/1") == 0
