"""Bad input and a bad day at the origin: each ends in its own reason, and says whose turn it is."""

import socket
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from contributions.actions.rerun import rerun_check
from contributions.models import Check, Contribution
from hub.models import User
from tests.contributions.stories import head_checks, run_checks, submitted
from tests.repos import host

pytestmark = pytest.mark.django_db(transaction=True)


def reason(contribution: Contribution) -> tuple[str, str, str]:
    check = run_checks(contribution)["origin"]
    assert check.summary
    assert check.summary == check.details[0]["text"] or check.state == "warning"
    return check.state, check.code, check.whose


def test_an_unknown_repository(origin: str, ann: User) -> None:
    assert reason(submitted(ann)) == ("failed", "repo_not_found", "submitter")


def test_an_unknown_revision(origin: str, ann: User) -> None:
    host("headwaters/brook")
    contribution = submitted(ann, revision="v9")
    assert reason(contribution) == ("failed", "revision_not_found", "submitter")
    assert "v9" in head_checks(contribution)["origin"].summary


def test_a_gated_repository(origin: str, ann: User) -> None:
    host("headwaters/brook", gated=True)
    contribution = submitted(ann)
    assert reason(contribution) == ("failed", "gated", "submitter")
    assert "gated" in head_checks(contribution)["origin"].summary


def test_a_private_repository(origin: str, ann: User) -> None:
    host("headwaters/brook", private=True)
    state, code, whose = reason(submitted(ann))
    assert (state, whose) == ("failed", "submitter")
    assert code in {"private", "repo_not_found"}


def test_a_renamed_repository_passes_and_tells_the_new_name(origin: str, ann: User) -> None:
    host("headwaters/brook")
    host("headwaters/stream", renamed_from="headwaters/brook")
    contribution = submitted(ann)
    assert reason(contribution) == ("warning", "renamed", "")
    check = head_checks(contribution)["origin"]
    assert check.findings["repo_id"] == "headwaters/stream"
    assert check.details[0]["found"] == "headwaters/stream"


def test_weights_that_are_no_model(origin: str, ann: User) -> None:
    host("headwaters/brook", {"model.safetensors": b"\xff" * 400})
    contribution = submitted(ann)
    assert reason(contribution) == ("failed", "bad_weights", "submitter")
    assert "model.safetensors" in head_checks(contribution)["origin"].summary


def test_what_hangs_on_a_failed_origin_check_is_skipped_and_comes_back_with_it(
    origin: str, ann: User
) -> None:
    contribution = submitted(ann)
    states = {name: check.state for name, check in run_checks(contribution).items()}
    assert states.pop("origin") == "failed"
    assert set(states.values()) == {"skipped"}
    host("headwaters/brook")
    rerun_check(actor=ann, check=head_checks(contribution)["origin"])
    assert {check.state for check in head_checks(contribution).values()} == {"queued"}
    assert {check.state for check in run_checks(contribution).values()} == {"passed", "skipped"}


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("code", ["origin_down", "origin_slow"])
def test_a_bad_day_at_the_origin_is_tried_again_and_then_the_hubs_turn(
    ann: User, settings: Settings, silence: int, code: str
) -> None:
    settings.MAX_ATTEMPTS = 2
    settings.ORIGIN_TIMEOUT = 0.2
    port = silence if code == "origin_slow" else 9
    settings.HF_ENDPOINT = f"http://127.0.0.1:{port}"
    contribution = submitted(ann)
    first = run_checks(contribution)["origin"]
    assert (first.state, first.attempt, first.code) == ("queued", 1, "")
    assert "tried again" in first.summary
    assert {c.state for c in head_checks(contribution).values()} == {"queued"}
    assert reason(contribution) == ("errored", code, "hub")


def test_a_version_means_the_same_commit_for_ever(origin: str, ann: User) -> None:
    first = host("headwaters/brook")
    contribution = submitted(ann)
    assert run_checks(contribution)["origin"].findings["commit"] == first.sha
    second = host("headwaters/brook", {"README.md": b"# Newer"})
    assert second.sha != first.sha
    rerun_check(actor=ann, check=Check.objects.get(name="origin"))
    again = run_checks(contribution)["origin"]
    assert (again.state, again.findings["commit"]) == ("passed", first.sha)
