"""A check is a leased job: one verdict, whoever dies when and however often the message comes."""

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from contributions.actions.check import run_check
from contributions.actions.rerun import rerun_check
from contributions.actions.settle import settle
from contributions.actions.sweep import RESEND_SECONDS, sweep
from contributions.checks import licence
from contributions.checks.verdict import Context, Verdict
from contributions.models import Check, Contribution
from contributions.tasks import check as check_task
from contributions.tasks import sweep as sweep_task
from hub.lease import from_now
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.contributions.stories import head_checks, pass_checks, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(brook: Contribution) -> Check:
    """The licence check, whose turn it is: it needs no origin."""
    pass_checks(brook)
    Check.objects.filter(name="licence").update(state="queued")
    return head_checks(brook)["licence"]


def overdue(check: Check) -> None:
    Check.objects.filter(pk=check.pk).update(lease_until=from_now(-1))


def test_a_verdict_is_written_once_with_its_event(waiting: Check) -> None:
    run_check(check_id=waiting.pk, worker="w1")
    run_check(check_id=waiting.pk, worker="w2")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.worker, waiting.attempt) == ("passed", "w1", 1)
    assert waiting.finished_at is not None
    event = waiting.version.contribution.events.get(verb="checked")
    assert (event.checked, event.to_state, event.actor) == (waiting, "passed", None)
    assert event.why.startswith("licence: ")


def test_a_message_about_nothing_is_ignored(waiting: Check) -> None:
    run_check(check_id=waiting.pk + 1000, worker="w")
    check_task(waiting.pk + 1000)


def test_what_waits_for_the_first_check_is_left_waiting(brook: Contribution) -> None:
    check = head_checks(brook)["licence"]
    run_check(check_id=check.pk, worker="w")
    check.refresh_from_db()
    assert (check.state, check.attempt) == ("queued", 0)


def test_a_lost_worker_is_swept_and_its_check_finished_once(waiting: Check) -> None:
    waiting.claim("running", worker="dies")
    assert sweep() == 0
    overdue(waiting)
    assert sweep() >= 1
    run_check(check_id=waiting.pk, worker="w2")
    assert sweep() == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt, waiting.worker) == ("passed", 2, "w2")
    assert waiting.version.contribution.events.filter(verb="checked").count() == 1


def test_the_verdict_of_a_worker_that_comes_back_late_is_dropped(
    waiting: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = licence.run

    def slow(context: Context) -> Verdict:
        """Meanwhile the lease runs out, the sweeper takes the check back and another finishes it."""
        monkeypatch.setattr(licence, "run", run)
        overdue(waiting)
        sweep()
        run_check(check_id=waiting.pk, worker="quick")
        return Verdict("failed", "too late")

    monkeypatch.setattr(licence, "run", slow)
    run_check(check_id=waiting.pk, worker="slow")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.worker) == ("passed", "quick")
    assert waiting.version.contribution.events.filter(verb="checked").count() == 1


def test_a_late_verdict_does_not_end_the_attempt_of_another_worker(
    waiting: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is "running" again when the first worker comes back: only the lease tells them apart."""

    def slow(context: Context) -> Verdict:
        overdue(waiting)
        sweep()
        Check.objects.get(pk=waiting.pk).claim("running", worker="second")
        return Verdict("failed", "too late")

    monkeypatch.setattr(licence, "run", slow)
    run_check(check_id=waiting.pk, worker="first")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.worker, waiting.attempt) == ("running", "second", 2)
    assert not waiting.version.contribution.events.filter(verb="checked").exists()


def test_a_check_that_kills_its_workers_ends_with_a_reason(
    waiting: Check, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 2
    for _ in range(2):
        waiting.refresh_from_db()
        waiting.claim("running", worker="dies")
        overdue(waiting)
        sweep()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.code, waiting.whose) == ("errored", "worker_lost", "hub")
    assert "2 times" in waiting.summary
    sweep_task()
    assert waiting.version.contribution.events.filter(verb="checked").count() == 1


def test_a_lost_message_is_sent_again_but_not_at_once(brook: Contribution) -> None:
    check = head_checks(brook)["origin"]
    assert sweep() == 0
    Check.objects.filter(pk=check.pk).update(sent_at=from_now(-RESEND_SECONDS - 1))
    assert sweep() == 1
    assert sweep() == 0


def test_checks_that_wait_for_the_first_are_not_swept(brook: Contribution) -> None:
    Check.objects.filter(name="origin").update(state="running", lease_until=from_now(60))
    assert sweep() == 0
    Check.objects.filter(name="origin").update(state="passed")
    assert sweep() == brook.versions.get().checks.filter(waits_for=["origin"]).count()


def test_settling_what_is_not_held_changes_nothing(waiting: Check) -> None:
    with pytest.raises(IllegalMove):
        settle(waiting, "passed", summary="Mine.")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.summary) == ("queued", "")


def test_a_replaced_version_is_not_worth_a_look(waiting: Check) -> None:
    Contribution.objects.update(head=2)
    run_check(check_id=waiting.pk, worker="w")
    waiting.refresh_from_db()
    assert waiting.state == "skipped"


def test_rerunning_is_for_the_author_and_maintainers(
    ann: User, sam: User, cleo: User, brook: Contribution
) -> None:
    pass_checks(brook)
    check = head_checks(brook)["card"]
    with pytest.raises(Exception, match="author and maintainers"):
        rerun_check(actor=sam, check=check)
    for person in (ann, cleo):
        assert rerun_check(actor=person, check=check).state == "queued"
        Check.objects.filter(pk=check.pk).update(state="errored", attempt=3, finished_at=Now())
    event = brook.events.filter(verb="rerun").last()
    assert event is not None
    assert (event.actor, event.checked) == (cleo, check)


def test_rerunning_starts_the_count_of_attempts_anew(ann: User, waiting: Check) -> None:
    Check.objects.filter(pk=waiting.pk).update(state="errored", attempt=3, lease_token=7)
    rerun_check(actor=ann, check=waiting)
    run_check(check_id=waiting.pk, worker="w")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt, waiting.lease_token) == ("passed", 1, 8)


def test_what_runs_waits_or_is_outdated_is_not_run_again(ann: User, brook: Contribution) -> None:
    check = head_checks(brook)["origin"]
    for state in ("queued", "running"):
        Check.objects.filter(pk=check.pk).update(state=state)
        with pytest.raises(IllegalMove):
            rerun_check(actor=ann, check=check)
    pass_checks(brook)
    Contribution.objects.update(head=2)
    with pytest.raises(Refusal) as refused:
        rerun_check(actor=ann, check=check)
    Contribution.objects.update(state="closed")
    with pytest.raises(IllegalMove, match="closed"):
        rerun_check(actor=ann, check=check)
    assert refused.value.code == "outdated"


def test_two_contributions_share_no_checks(ann: User, sam: User, waiting: Check) -> None:
    other = submitted(sam, "headwaters/creek")
    run_check(check_id=waiting.pk, worker="w")
    assert {check.state for check in head_checks(other).values()} == {"queued"}
