"""Two people decide at the same moment: one outcome, and the other is told which. Real threads."""

from collections.abc import Callable

import pytest

from contributions.actions.assign import assign
from contributions.actions.check import run_check
from contributions.actions.close import close
from contributions.actions.merge import merge
from contributions.actions.open_thread import open_thread
from contributions.actions.resolve_thread import resolve_thread
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.set_policy import set_policy
from contributions.actions.submit import submit
from contributions.actions.sweep import sweep
from contributions.actions.withdraw import withdraw
from contributions.models import Check, Contribution, Thread
from evaluations.models import Run
from hub.models import ModelVariant, User, WorkingGroup
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.contributions.stories import approved, pass_checks, submitted, variant_payload
from tests.factories import make_board
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = str | IllegalMove | Refusal


def outcomes(*calls: Callable[[], object]) -> list[Outcome]:
    """What each of `calls`, started at the same moment, came to: "done", or what it was told."""

    def one(number: int) -> Outcome:
        try:
            calls[number]()
        except (IllegalMove, Refusal) as told:
            return told
        return "done"

    return at_once(len(calls), one)


def fresh(contribution: Contribution) -> Contribution:
    """As another request would read it."""
    return Contribution.objects.get(pk=contribution.pk)


def told(found: list[Outcome]) -> list[str]:
    return [str(outcome) for outcome in found if outcome != "done"]


def test_of_six_merges_at_once_one_happens(ann: User, ben: User, cleo: User, dora: User) -> None:
    make_board(automatic=True)
    contribution = approved(submitted(ann), ben)

    def merging(actor: User) -> Callable[[], object]:
        mine = fresh(contribution)
        return lambda: merge(actor=actor, contribution=mine, head=1)

    found = outcomes(*[merging(person) for person in (cleo, dora) * 3])
    assert found.count("done") == 1
    assert len(told(found)) == 5
    assert all("was merged by" in words for words in told(found))
    assert (ModelVariant.objects.count(), Run.objects.count()) == (1, 1)
    assert contribution.events.filter(verb="merged").count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_merge_racing_a_revision_publishes_what_was_approved_or_nothing(
    ann: User, ben: User, cleo: User, turn: int
) -> None:
    contribution = approved(submitted(ann), ben)
    mine, theirs = fresh(contribution), fresh(contribution)
    payload = variant_payload(summary="Something else altogether.")
    found = outcomes(
        lambda: merge(actor=cleo, contribution=mine, head=1),
        lambda: revise(
            actor=ann, contribution=theirs, payload=payload, note="", head=1, sign_off=True
        ),
    )
    assert found.count("done") == 1
    after = fresh(contribution)
    if found[0] == "done":
        assert after.state == "merged"
        assert ModelVariant.objects.get().summary == "A tiny model for tests."
        assert "merged by cleo already" in told(found)[0]
    else:
        assert (after.state, after.head, ModelVariant.objects.count()) == ("open", 2, 0)
        assert "Version 2" in told(found)[0]


@pytest.mark.parametrize("turn", range(3))
def test_an_approval_racing_a_revision_never_lands_on_the_new_version(
    ann: User, ben: User, turn: int
) -> None:
    contribution = submitted(ann)
    mine, theirs = fresh(contribution), fresh(contribution)
    payload = variant_payload(summary="Better.")
    found = outcomes(
        lambda: review(reviewer=ben, contribution=mine, head=1, verdict="approve"),
        lambda: revise(
            actor=ann, contribution=theirs, payload=payload, note="", head=1, sign_off=True
        ),
    )
    after = fresh(contribution)
    assert found[1] == "done"
    assert (after.state, after.head) == ("open", 2)
    assert not after.versions.get(number=2).reviews.exists()
    if found[0] != "done":
        assert "replaced version 1, which you read" in told(found)[0]


def test_a_merge_racing_a_request_for_changes_has_one_outcome(
    ann: User, ben: User, cleo: User
) -> None:
    contribution = approved(submitted(ann), ben)
    mine, theirs = fresh(contribution), fresh(contribution)
    found = outcomes(
        lambda: merge(actor=cleo, contribution=mine, head=1),
        lambda: review(
            reviewer=ben, contribution=theirs, head=1, verdict="request_changes", body="Wait."
        ),
    )
    assert found.count("done") == 1
    published = ModelVariant.objects.count()
    assert (fresh(contribution).state, published) in {("merged", 1), ("changes_requested", 0)}


def test_closing_and_withdrawing_at_once_end_it_once(ann: User, cleo: User) -> None:
    contribution = submitted(ann)
    mine, theirs = fresh(contribution), fresh(contribution)
    found = outcomes(
        lambda: close(actor=cleo, contribution=mine, why="No."),
        lambda: withdraw(actor=ann, contribution=theirs),
    )
    assert found.count("done") == 1
    assert "already. Nothing was changed." in told(found)[0]
    assert contribution.events.count() == 2


def test_of_six_people_proposing_one_thing_one_is_first_and_the_others_hear_of_it(
    ann: User, ben: User, cleo: User, dora: User, sam: User
) -> None:
    people = [ann, ben, cleo, dora, sam, ann]

    def proposing(person: User) -> Callable[[], object]:
        return lambda: submit(
            author=person, kind="add_variant", payload=variant_payload(), sign_off=True
        )

    found = outcomes(*[proposing(person) for person in people])
    assert found.count("done") == 1
    first = Contribution.objects.get()
    assert all(f"#{first.pk} proposes" in words for words in told(found))


def test_two_revisions_of_one_version_make_one_version(ann: User) -> None:
    contribution = submitted(ann)

    def revising(summary: str) -> Callable[[], object]:
        mine, payload = fresh(contribution), variant_payload(summary=summary)
        return lambda: revise(
            actor=ann, contribution=mine, payload=payload, note="", head=1, sign_off=True
        )

    found = outcomes(revising("One."), revising("Two."))
    assert found.count("done") == 1
    assert "Version 2" in told(found)[0]
    assert fresh(contribution).versions.count() == 2


def test_two_merges_of_the_same_files_under_two_names_publish_one(
    ann: User, ben: User, cleo: User, dora: User
) -> None:
    one = approved(submitted(ann, "headwaters/brook"), ben)
    two = approved(submitted(ann, "headwaters/creek"), ben)
    findings = Check.objects.get(version__contribution=one, name="origin").findings
    Check.objects.filter(version__contribution=two, name="origin").update(findings=findings)
    found = outcomes(
        lambda: merge(actor=cleo, contribution=fresh(one), head=1),
        lambda: merge(actor=dora, contribution=fresh(two), head=1),
    )
    assert found.count("done") == 1
    assert "already here" in told(found)[0]
    assert {fresh(one).state, fresh(two).state} == {"merged", "approved"}


def test_a_message_delivered_six_times_at_once_gives_one_verdict(ann: User) -> None:
    contribution = submitted(ann)
    pass_checks(contribution)
    Check.objects.filter(name="licence").update(state="queued")
    check = Check.objects.get(name="licence")
    at_once(6, lambda number: run_check(check_id=check.pk, worker=f"w{number}"))
    check.refresh_from_db()
    assert (check.state, check.attempt) == ("passed", 1)
    assert contribution.events.filter(verb="checked").count() == 1


def test_sweepers_at_once_take_a_lost_check_back_once(ann: User) -> None:
    contribution = submitted(ann)
    check = Check.objects.get(version__contribution=contribution, name="origin")
    check.claim("running", worker="dies")
    Check.objects.filter(pk=check.pk).update(lease_until=check.version.created_at)
    at_once(4, lambda _: sweep())
    check.refresh_from_db()
    assert (check.state, check.attempt) == ("queued", 1)
    assert check.sent_at is not None


def test_of_two_who_resolve_a_thread_the_second_is_told_who_was_first(
    ann: User, ben: User, cleo: User
) -> None:
    contribution = submitted(ann)
    thread = open_thread(
        author=ben, contribution=contribution, head=1, field="licence", body="Is that so?"
    )

    def resolving(actor: User) -> Callable[[], object]:
        mine = Thread.objects.select_related("contribution").get(pk=thread.pk)
        return lambda: resolve_thread(actor=actor, thread=mine)

    found = outcomes(*[resolving(person) for person in (ann, ben, cleo) * 2])
    assert found.count("done") == 1
    assert all("resolved this thread already" in words for words in told(found))
    assert contribution.events.filter(verb="resolved").count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_thread_opened_while_somebody_merges_stops_the_merge_or_comes_too_late(
    ann: User, ben: User, cleo: User, turn: int
) -> None:
    contribution = approved(submitted(ann), ben)
    mine, theirs = fresh(contribution), fresh(contribution)
    found = outcomes(
        lambda: merge(actor=cleo, contribution=mine, head=1),
        lambda: open_thread(
            author=ben, contribution=theirs, head=1, field="licence", body="Is that so?"
        ),
    )
    assert found.count("done") == 1
    after = fresh(contribution)
    if found[0] == "done":
        assert (after.state, after.threads.count()) == ("merged", 0)
        assert "was merged by cleo already" in told(found)[0]
    else:
        assert (after.state, after.threads.count()) == ("approved", 1)
        assert "not resolved yet (ben)" in told(found)[0]


def test_of_many_who_ask_one_reviewer_one_asks(
    ann: User, ben: User, cleo: User, dora: User
) -> None:
    contribution = submitted(ann)

    def asking(actor: User) -> Callable[[], object]:
        mine = fresh(contribution)
        return lambda: assign(actor=actor, contribution=mine, reviewer=ben)

    found = outcomes(*[asking(person) for person in (cleo, dora, ben) * 2])
    assert found.count("done") == 1
    assert all("asked ben already" in words for words in told(found))
    assert contribution.assignments.count() == 1
    assert contribution.events.filter(verb="assigned").count() == 1


def test_a_policy_that_grows_while_somebody_merges_is_asked_or_comes_too_late(
    ann: User, ben: User, cleo: User, dora: User
) -> None:
    group, _ = WorkingGroup.objects.get_or_create(slug="algorithm", defaults={"name": "Algorithm"})
    contribution = approved(submitted(ann), ben)
    mine = fresh(contribution)
    found = outcomes(
        lambda: merge(actor=cleo, contribution=mine, head=1),
        lambda: set_policy(actor=dora, group=group, approvals=2, required_checks=[]),
    )
    assert found[1] == "done"
    assert fresh(contribution).state == ("merged" if found[0] == "done" else "approved")
