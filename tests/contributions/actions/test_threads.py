import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.answer_thread import answer_thread
from contributions.actions.merge import merge
from contributions.actions.open_thread import open_thread
from contributions.actions.reopen_thread import reopen_thread
from contributions.actions.resolve_thread import resolve_thread
from contributions.actions.revise import revise
from contributions.models import Contribution, Thread
from contributions.models.contribution import Outdated, Settled
from contributions.requirements import merge_requirements
from contributions.threads import ShownThread, read_threads
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.contributions.stories import approved, variant_payload
from tests.factories import make_scope

pytestmark = pytest.mark.django_db


def opened(author: User, contribution: Contribution, **fields: object) -> Thread:
    given: dict[str, object] = {"head": 1, "field": "licence", "body": "Is that so?", **fields}
    return open_thread(author=author, contribution=contribution, **given)  # type: ignore[arg-type]


def shown(contribution: Contribution) -> ShownThread:
    (only,) = read_threads(contribution, contribution.versions.get(number=contribution.head))
    return only


def blocked(contribution: Contribution) -> str:
    return "".join(item.text for item in merge_requirements(contribution) if item.code == "threads")


def test_a_thread_quotes_the_line_that_was_read(ben: User, brook: Contribution) -> None:
    thread = opened(ben, brook, field="card_text", line=1)
    assert (thread.quote, thread.version_number, str(thread)) == (
        "# Brook",
        1,
        f"card_text of #{brook.pk} v1",
    )
    event = brook.events.last()
    assert event is not None
    assert (event.verb, event.thread, event.comment) == (
        "commented",
        thread,
        thread.comments.get(),
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"field": "weather"}, "field"),
        ({"field": "card_text", "line": 2}, "field"),
        ({"field": "card_text", "line": 0}, "field"),
        ({"body": "  "}, "body"),
    ],
)
def test_a_thread_is_about_something_that_is_there(
    ben: User, brook: Contribution, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        opened(ben, brook, **fields)
    assert field in refused.value.fields
    assert not Thread.objects.exists()


def test_a_thread_about_a_replaced_version_is_refused_and_says_so(
    ann: User, ben: User, brook: Contribution
) -> None:
    revise(
        actor=ann,
        contribution=brook,
        payload=variant_payload(summary="x"),
        note="",
        head=1,
        sign_off=True,
    )
    with pytest.raises(Outdated):
        opened(ben, brook)


def test_a_thread_of_a_reviewer_stands_in_the_way_until_it_is_resolved(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    approved(brook, ben)
    thread = opened(ben, brook)
    with pytest.raises(Refusal, match="A thread is not resolved yet"):
        merge(actor=cleo, contribution=brook, head=1)
    resolve_thread(actor=ann, thread=thread)
    assert blocked(brook) == ""
    reopen_thread(actor=ben, thread=thread)
    opened(cleo, brook)
    assert blocked(brook) == "2 threads are not resolved yet (ben and cleo)."
    for one in Thread.objects.all():
        resolve_thread(actor=cleo, thread=one)
    assert merge(actor=cleo, contribution=brook, head=1).state == "merged"


def test_what_a_stranger_asks_stops_nobody_unless_they_look_after_it(
    sam: User, brook: Contribution
) -> None:
    opened(sam, brook)
    assert blocked(brook) == ""
    assert brook.group is not None
    make_scope(brook.group, sam, owner="sea")
    assert blocked(brook) == ""
    make_scope(brook.group, sam, owner="Headwaters")
    assert "sam" in blocked(brook)


def test_resolving_is_for_those_concerned(
    ann: User, ben: User, sam: User, cleo: User, brook: Contribution
) -> None:
    thread = opened(ben, brook)
    for move in (resolve_thread, reopen_thread):
        with pytest.raises(PermissionDenied):
            move(actor=sam, thread=thread)
    resolve_thread(actor=ben, thread=thread)
    assert (thread.resolved_by, thread.resolved_at is not None) == (ben, True)
    with pytest.raises(IllegalMove, match="ben resolved this thread already"):
        resolve_thread(actor=cleo, thread=thread)
    reopen_thread(actor=ann, thread=thread)
    assert (thread.state, thread.resolved_by) == ("open", None)
    with pytest.raises(IllegalMove):
        reopen_thread(actor=ann, thread=thread)
    assert [e.verb for e in brook.events.all()][-3:] == ["commented", "resolved", "reopened"]


def test_everybody_answers_and_after_the_end_nobody(
    sam: User, ben: User, brook: Contribution
) -> None:
    thread = opened(ben, brook)
    answer_thread(author=sam, thread=thread, body="It is.")
    assert [one.body for one in shown(brook).comments] == ["Is that so?", "It is."]
    brook.move_on("withdrawn")
    for act in (
        lambda: answer_thread(author=sam, thread=thread, body="More."),
        lambda: resolve_thread(actor=ben, thread=thread),
        lambda: opened(ben, brook),
    ):
        with pytest.raises(Settled):
            act()


def test_a_thread_is_outdated_once_its_line_reads_differently(
    ann: User, ben: User, brook: Contribution
) -> None:
    opened(ben, brook, field="card_text", line=1)
    payload = variant_payload(card_text="# Brook\n\nMore.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    assert not shown(brook).is_outdated
    payload = variant_payload(card_text="# The brook\n\nMore.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=2, sign_off=True)
    assert shown(brook).is_outdated
    assert (shown(brook).thread.quote, shown(brook).label) == ("# Brook", "Card")
