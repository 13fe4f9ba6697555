"""Asking for reviews, threads, the queue and working groups, as a browser does it."""

import pytest
from django.test import Client
from django.urls import reverse

from contributions.actions.assign import assign
from contributions.actions.open_thread import open_thread
from contributions.actions.review import review
from contributions.models import AuditEntry, Contribution, Thread
from hub.models import Scope, User, WorkingGroup
from hub.models.user import Role
from tests.conftest import signed_in
from tests.contributions.stories import approved, pass_checks, submitted
from tests.factories import make_scope, make_user
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return str(answer.content.decode())


def send(client: Client, name: str, *args: object, **fields: object) -> tuple[int, str]:
    answer = client.post(reverse(name, args=args), fields, follow=True)
    return answer.status_code, answer.content.decode()


def test_reviewers_are_offered_asked_and_released(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    author = signed_in(ann)
    assert "Whom to ask" in page(author, brook.get_absolute_url())
    status, text = send(author, "contribution_assign", brook.pk, reviewer="Ben")
    assert (status, "ben was asked." in text, "asked by ann" in text) == (200, True, True)
    status, text = send(signed_in(cleo), "contribution_assign", brook.pk, reviewer="ben")
    assert (status, "ann asked ben already." in text) == (422, True)
    status, text = send(signed_in(ben), "contribution_unassign", brook.pk, reviewer="ben")
    assert (status, "asked by" in text) == (200, False)


def test_a_stranger_is_offered_nothing_to_ask(sam: User, brook: Contribution, ben: User) -> None:
    text = page(signed_in(sam), brook.get_absolute_url())
    assert "Whom to ask" not in text
    assert "I review this" not in text
    assert "Who may review this" in text
    assert "I review this" in page(signed_in(ben), brook.get_absolute_url())


def test_a_lapsed_approval_is_shown_as_lapsed(
    client: Client, ben: User, brook: Contribution
) -> None:
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    brook.versions.create(number=2, payload=brook.versions.get().payload, author=brook.author)
    Contribution.objects.filter(pk=brook.pk).update(head=2, state="open")
    text = page(client, brook.get_absolute_url())
    assert "approved version 1, lapsed" in " ".join(text.split())


def test_a_line_is_picked_and_discussed_without_scripts(ben: User, brook: Contribution) -> None:
    reviewer = signed_in(ben)
    address = reverse("thread_open", args=[brook.pk])
    text = page(reviewer, f"{address}?field=card_text")
    assert "field=card_text&amp;line=1" in text
    assert page(reviewer, f"{address}?field=card_text&line=2", 404)
    assert page(reviewer, f"{address}?field=weather", 404)
    answer = reviewer.post(f"{address}?field=card_text&line=1", {"head": "1", "body": ""})
    assert answer.status_code == 422
    answer = reviewer.post(f"{address}?field=card_text&line=1", {"head": "1", "body": "Why?"})
    thread = Thread.objects.get()
    assert answer["Location"].endswith(f"#thread-{thread.pk}")
    assert "Why?" in page(reviewer, brook.get_absolute_url())


def test_what_was_typed_about_a_replaced_version_is_still_there(
    ben: User, brook: Contribution
) -> None:
    address = reverse("thread_open", args=[brook.pk])
    brook.versions.create(number=2, payload=brook.versions.get().payload, author=brook.author)
    Contribution.objects.filter(pk=brook.pk).update(head=2)
    answer = signed_in(ben).post(f"{address}?field=licence", {"head": "1", "body": "My words"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "replaced version 1, which you read" in text
    assert "My words" in text
    assert not Thread.objects.exists()


def test_a_thread_is_answered_resolved_and_reopened(
    client: Client, ann: User, ben: User, sam: User, brook: Contribution
) -> None:
    thread = open_thread(
        author=ben, contribution=brook, head=1, field="licence", body="Is that so?"
    )
    here = (brook.pk, thread.pk)
    status, text = send(signed_in(ann), "thread_answer", *here, body="It is.")
    assert (status, "It is." in text) == (200, True)
    status, text = send(signed_in(ann), "thread_answer", *here, body=" ")
    assert (status, "Write something first." in text) == (422, True)
    status, _ = send(signed_in(sam), "thread_resolve", *here)
    assert status == 403
    send(signed_in(ann), "thread_resolve", *here)
    text = page(client, reverse("thread_detail", args=here))
    assert "Resolved by" in text
    status, text = send(signed_in(ben), "thread_resolve", *here)
    assert (status, "ann resolved this thread already." in text) == (409, True)
    send(signed_in(ben), "thread_reopen", *here)
    thread.refresh_from_db()
    assert thread.state == "open"


def queue(person: User, which: str = "") -> list[str]:
    answer = signed_in(person).get(reverse("review_queue"), {"which": which} if which else {})
    assert answer.status_code == 200
    return [one.contribution.subject for one in answer.context["waiting"]]


def test_the_queue_has_what_waits_oldest_first(
    ann: User, ben: User, cleo: User, dora: User, sam: User
) -> None:
    one, two = submitted(ann, "a/one"), submitted(ann, "b/two")
    assert queue(ben) == ["a/one", "b/two"]
    # Asked of somebody else, so it does not wait for the others.
    assign(actor=cleo, contribution=one, reviewer=dora)
    assert (queue(ben), queue(dora)) == (["b/two"], ["a/one", "b/two"])
    assert (queue(dora, "assigned"), queue(ben, "all")) == (["a/one"], ["a/one", "b/two"])
    # Judged by them, it waits for somebody who merges.
    review(reviewer=ben, contribution=two, head=1, verdict="approve")
    assert (queue(ben), queue(cleo)) == ([], ["b/two"])
    # Somebody's scope takes it off everybody's list.
    assert one.group is not None
    three = submitted(ann, "sea/salt")
    make_scope(one.group, sam, owner="Sea")
    assert (queue(sam), queue(sam, "scopes"), queue(ben)) == (["sea/salt"], ["sea/salt"], [])
    # Sent back, it waits for its author.
    review(reviewer=sam, contribution=three, head=1, verdict="request_changes", body="No.")
    assert (queue(sam), queue(ann, "mine")) == ([], ["sea/salt"])


def test_the_queue_says_what_is_lacking(ann: User, ben: User, cleo: User) -> None:
    contribution = submitted(ann)
    pass_checks(contribution)
    text = page(signed_in(cleo), reverse("review_queue"))
    assert "Somebody other than its author has to approve version 1." in text
    approved(contribution, ben)
    assert "Ready to merge" in page(signed_in(cleo), reverse("review_queue"))


def test_the_queue_needs_somebody(client: Client) -> None:
    assert client.get(reverse("review_queue")).status_code == 302


def test_the_queue_costs_the_same_however_long(ann: User, ben: User, cleo: User) -> None:
    def more() -> None:
        for number in range(6):
            made = submitted(ann, f"brooks/no-{number}")
            open_thread(author=cleo, contribution=made, head=1, field="licence", body="?")
            review(reviewer=cleo, contribution=made, head=1, verdict="request_changes", body="No.")

    reader = signed_in(ben)
    make = submitted(ann, "headwaters/first")
    assign(actor=cleo, contribution=make, reviewer=ben)
    address = reverse("review_queue")
    assert_constant_queries(lambda: reader.get(address, {"which": "all"}), more)


def test_who_looks_after_what_is_shown_and_set_by_maintainers(
    client: Client, cleo: User, sam: User, ann: User
) -> None:
    group = WorkingGroup.objects.get(slug="algorithm")
    maintainer = signed_in(cleo)
    status, text = send(
        maintainer,
        "scope_add",
        "algorithm",
        person="Sam",
        role="maintainer",
        owner="headwaters",
        kinds=["add_variant"],
    )
    assert (status, "sam is maintainer of add variant of headwaters now." in text) == (200, True)
    scope = group.scopes.get()
    assert (scope.person, scope.kinds) == (sam, ["add_variant"])
    assert "maintainer of add variant of headwaters" in page(
        client, reverse("group_detail", args=["algorithm"])
    )
    assert "Let somebody look after it" not in page(
        signed_in(ann), reverse("group_detail", args=["algorithm"])
    )
    send(maintainer, "scope_remove", "algorithm", scope.pk)
    assert not Scope.objects.exists()
    assert list(AuditEntry.objects.values_list("deed", "target")) == [
        ("unscoped", "@sam"),
        ("scoped", "@sam"),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"person": "nobody", "role": "reviewer"}, "Nobody here has that name."),
        ({"person": "robot", "role": "reviewer"}, "robot cannot decide anything"),
        ({"person": "ann", "role": "king"}, "king"),
        ({"person": "ben", "role": "reviewer"}, "ben is reviewer of that already"),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused_beside_its_field(
    cleo: User, ann: User, ben: User, fields: dict[str, str], words: str
) -> None:
    make_user("robot", Role.REVIEWER, is_bot=True)
    make_scope(WorkingGroup.objects.get(slug="algorithm"), ben)
    status, text = send(signed_in(cleo), "scope_add", "algorithm", **fields)
    assert (status, words in text) == (422, True)
    assert Scope.objects.count() == 1


def test_a_policy_holds_for_what_is_open(ann: User, ben: User, cleo: User) -> None:
    contribution = submitted(ann)
    group = contribution.group
    assert group is not None
    approved(contribution, ben)
    status, _ = send(
        signed_in(cleo), "policy_set", group.slug, approvals="2", required_checks=["licence"]
    )
    group.refresh_from_db()
    assert (status, group.approvals, group.required_checks) == (200, 2, ["licence"])
    status, text = send(signed_in(cleo), "contribution_merge", contribution.pk, head="1")
    assert (status, "it needs 2 approvals" in text) == (422, True)
    status, text = send(signed_in(cleo), "policy_set", group.slug, approvals="0")
    assert (status, "Ask for 1 to 5 approvals." in text) == (422, True)
    group.refresh_from_db()
    assert group.approvals == 2


def test_the_groups_are_listed_at_a_constant_cost(client: Client, ann: User, ben: User) -> None:
    def more() -> None:
        for number in range(5):
            group = WorkingGroup.objects.create(slug=f"g{number}", name=f"G{number}")
            make_scope(group, ben)
            submitted(ann, f"brooks/{number}")

    more_of = reverse("group_list")
    assert_constant_queries(lambda: client.get(more_of), more)
    assert "1 person" in page(client, more_of)
