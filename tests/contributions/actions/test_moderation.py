"""Held texts, reports, blocks and suspensions, and the log that all of it leaves."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from contributions.actions.announce import announce
from contributions.actions.assign import assign
from contributions.actions.block import block
from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.decide_report import decide_report
from contributions.actions.edit_comment import edit_comment
from contributions.actions.open_thread import open_thread
from contributions.actions.refuse_text import refuse_text
from contributions.actions.reinstate import reinstate
from contributions.actions.release_text import release_text
from contributions.actions.report_abuse import report_abuse
from contributions.actions.submit import submit
from contributions.actions.suspend import suspend
from contributions.actions.unblock import unblock
from contributions.models import AuditEntry, Hold, Notification, Reference
from contributions.payload import payload_of
from contributions.quoting import quote
from hub.models import User
from hub.models.user import Role
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.conftest import signed_in
from tests.contributions.moderating import LINK, held_comment
from tests.contributions.stories import submitted, variant_payload
from tests.factories import make_user
from tests.queries import assert_constant_queries
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def public(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_link_of_a_new_account_is_seen_by_its_author_and_maintainers_alone(
    client: Client, ann: User, sam: User, ben: User, cleo: User
) -> None:
    contribution = submitted(ann)
    hold = held_comment(sam, contribution)
    for viewer in (client, signed_in(ann), signed_in(ben)):
        assert "spam.example" not in public(viewer, contribution.get_absolute_url())
        answer = viewer.get(f"/api/v1/contributions/{contribution.pk}/").content.decode()
        assert "spam.example" not in answer
        assert "spam.example" not in public(viewer, hold.get_absolute_url())
    assert "waits for" in public(client, contribution.get_absolute_url())
    for viewer in (signed_in(sam), signed_in(cleo)):
        assert "spam.example" in public(viewer, hold.get_absolute_url())


def test_a_released_text_appears_where_it_belongs_and_then_rings_bells(
    client: Client, ann: User, sam: User, cleo: User
) -> None:
    contribution, other = submitted(ann), submitted(ann, "river/other")
    hold = held_comment(sam, contribution, f"{LINK} See #{other.pk}, @cleo.")
    announce()
    assert not Notification.objects.filter(event__comment=hold.comment).exists()
    assert not Reference.objects.exists()
    release_text(actor=cleo, hold=hold)
    announce()
    heard = Notification.objects.filter(event__comment=hold.comment)
    assert set(heard.values_list("person__username", flat=True)) == {"ann", "cleo"}
    assert Reference.objects.get().contribution == other
    assert "spam.example" in public(client, contribution.get_absolute_url())


def test_a_refused_text_stays_away_with_the_reason_in_the_log(
    client: Client, ann: User, sam: User, cleo: User
) -> None:
    contribution = submitted(ann)
    hold = held_comment(sam, contribution)
    with pytest.raises(Refusal):
        refuse_text(actor=cleo, hold=hold, why=" ")
    refuse_text(actor=cleo, hold=hold, why="Advertising.")
    page = public(client, contribution.get_absolute_url())
    assert "spam.example" not in page
    assert "decided not to show this" in page
    assert AuditEntry.objects.get(deed="refused").why == "Advertising."


def test_the_note_of_a_version_is_held_as_comments_are(
    client: Client, ann: User, sam: User, cleo: User
) -> None:
    contribution = submit(
        author=sam,
        kind="add_variant",
        payload=variant_payload("river/brook"),
        note=LINK,
        sign_off=True,
    )
    assert "spam.example" not in public(client, contribution.get_absolute_url())
    assert "spam.example" not in public(client, f"/api/v1/contributions/{contribution.pk}/")
    release_text(actor=cleo, hold=Hold.objects.get())
    assert "spam.example" in public(client, contribution.get_absolute_url())


def test_a_note_reaches_what_it_names_when_it_is_released(ann: User, sam: User, cleo: User) -> None:
    other = submitted(ann, "river/other")
    payload = variant_payload("river/brook")
    kind, note = "add_variant", f"{LINK} See #{other.pk}."
    contribution = submit(author=sam, kind=kind, payload=payload, note=note, sign_off=True)
    assert not Reference.objects.exists()
    release_text(actor=cleo, hold=Hold.objects.get())
    reference = Reference.objects.get()
    assert (reference.source, reference.contribution) == (contribution, other)


def test_nothing_that_leads_elsewhere_carries_a_held_text(
    client: Client, ann: User, sam: User, ben: User
) -> None:
    contribution = submit(
        author=sam,
        kind="add_variant",
        payload=variant_payload("river/brook"),
        note=LINK,
        sign_off=True,
    )
    thread = open_thread(author=sam, contribution=contribution, head=1, field="summary", body=LINK)
    said = thread.comments.get()
    number = contribution.pk
    assert "waits for" in quote(number, f"comment-{said.pk}")
    assert "spam.example" not in quote(number, f"comment-{said.pk}")
    reader = signed_in(ben)
    for path in (
        f"/contributions/{number}/?since=1",
        f"/contributions/{number}/?quote=comment-{said.pk}",
        f"/contributions/{number}/threads/{thread.pk}/",
        f"/contributions/{number}/comments/{said.pk}/history/",
        f"/feeds/contributions/{number}/",
        f"/api/v1/contributions/{number}/timeline/",
        f"/api/v1/contributions/{number}/comments/{said.pk}/edits/",
        f"/api/v1/contributions/{number}/threads/",
        f"/api/v1/contributions/{number}/compare/",
    ):
        answer = reader.get(path)
        assert answer.status_code == 200, path
        assert "spam.example" not in answer.content.decode(), path
    told = [json.dumps(payload_of(event)) for event in contribution.events.all()]
    assert len(told) == 2
    assert all("waits for" in each and "spam.example" not in each for each in told)


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("Words without a link.", False),
        ("See http://127.0.0.1:8000/boards/ here.", False),
        ("Its card: https://huggingface.co/river/brook", False),
        ("Buy at www.pills.example today", True),
        ("[here](https://pills.example/)", True),
        ("HTTPS://PILLS.EXAMPLE", True),
        ("https://huggingface.co.pills.example/", True),
        ("https://[broken", True),
    ],
)
def test_what_is_held_is_links_to_elsewhere(
    text: str, is_held: bool, ann: User, sam: User, settings: Any
) -> None:
    settings.SITE_URL, settings.HF_ENDPOINT = "http://127.0.0.1:8000", "https://huggingface.co"
    comment(author=sam, contribution=submitted(ann), body=text)
    assert Hold.objects.exists() == is_held


def test_people_who_are_known_are_not_held(ann: User, ben: User) -> None:
    comment(author=ben, contribution=submitted(ann), body=LINK)
    assert not Hold.objects.exists()


def test_no_link_comes_in_by_an_edit(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    said = comment(author=sam, contribution=contribution, body="Harmless.")
    with pytest.raises(Refusal, match="say it in a new comment"):
        edit_comment(actor=sam, comment=said, body=LINK)
    held = held_comment(sam, contribution)
    assert held.comment
    with pytest.raises(Refusal, match="waits for a maintainer"):
        edit_comment(actor=sam, comment=held.comment, body="Other words.")


def test_nobody_releases_their_own_and_only_maintainers_anybody_s(
    ann: User, sam: User, ben: User
) -> None:
    hold = held_comment(sam, submitted(ann))
    for person in (sam, ann, ben):
        with pytest.raises(PermissionDenied):
            release_text(actor=person, hold=hold)
        with pytest.raises(PermissionDenied):
            refuse_text(actor=person, hold=hold, why="No.")


@pytest.mark.django_db(transaction=True)
def test_of_two_maintainers_who_decide_at_once_one_does(ann: User, sam: User, cleo: User) -> None:
    hold = held_comment(sam, submitted(ann))

    def decide(number: int) -> str:
        mine = Hold.objects.get(pk=hold.pk)
        try:
            if number % 2:
                return release_text(actor=cleo, hold=mine).state
            return refuse_text(actor=cleo, hold=mine, why="No.").state
        except IllegalMove:
            return "late"

    outcomes = at_once(2, decide)
    states = set(outcomes) - {"late"}
    assert Hold.objects.get(pk=hold.pk).state in states
    assert AuditEntry.objects.count() == len([each for each in outcomes if each != "late"])


def test_whoever_is_blocked_is_not_heard_where_the_blocker_proposed(
    ann: User, sam: User, ben: User, cleo: User
) -> None:
    contribution = submitted(ann)
    for person in (sam, cleo, ben):
        block(blocker=ann, blocked=person)
    for person in (sam, ben):
        with pytest.raises(PermissionDenied, match="does not want to hear"):
            comment(author=person, contribution=contribution, body="Hello.")
    comment(author=cleo, contribution=contribution, body="Maintainers are heard.")
    assign(actor=cleo, contribution=contribution, reviewer=ben)
    comment(author=ben, contribution=contribution, body="Whose review was asked for, too.")
    comment(author=sam, contribution=submitted(cleo, "river/other"), body="Elsewhere as ever.")
    unblock(blocker=ann, blocked=sam)
    comment(author=sam, contribution=contribution, body="Hello again.")


def test_whoever_is_blocked_rings_no_bell_of_the_blocker(ann: User, sam: User, cleo: User) -> None:
    contribution = submitted(cleo, "river/other")
    block(blocker=ann, blocked=sam)
    said = comment(author=sam, contribution=contribution, body="Look, @ann.")
    announce()
    assert not Notification.objects.filter(event__comment=said, person=ann).exists()
    with pytest.raises(Refusal):
        block(blocker=ann, blocked=ann)


def test_a_report_is_answered_by_a_maintainer_it_is_not_about(
    ann: User, sam: User, ben: User, cleo: User
) -> None:
    said = comment(author=sam, contribution=submitted(ann), body="Rude words.")
    report = report_abuse(reporter=ann, comment=said, why="It is rude.")
    with pytest.raises(Refusal, match="have reported this"):
        report_abuse(reporter=ann, comment=said, why="It is rude.")
    with pytest.raises(Refusal):
        report_abuse(reporter=ann, why="Nothing at all.")
    for person in (ann, ben):
        with pytest.raises(PermissionDenied):
            decide_report(actor=person, report=report, outcome="acted", answer="Yes.")
    decide_report(actor=cleo, report=report, outcome="acted", answer="He was told.")
    with pytest.raises(IllegalMove):
        decide_report(actor=cleo, report=report, outcome="dismissed", answer="No.")
    about_cleo = report_abuse(reporter=ann, person=cleo, why="She is unfair.")
    with pytest.raises(PermissionDenied):
        decide_report(actor=cleo, report=about_cleo, outcome="dismissed", answer="I am not.")
    assert "He was told." in public(signed_in(ann), report.get_absolute_url())
    assert signed_in(sam).get(report.get_absolute_url()).status_code == 403


def test_maintainers_suspend_whoever_stands_below_them(
    sam: User, ben: User, cleo: User, dora: User
) -> None:
    browser = signed_in(sam)
    suspend(actor=cleo, person=sam, why="Floods.")
    assert browser.get("/account/").status_code == 302
    for actor, person in ((cleo, make_user("eva", Role.MAINTAINER)), (cleo, dora), (ben, sam)):
        with pytest.raises(PermissionDenied):
            suspend(actor=actor, person=person, why="No.")
    suspend(actor=dora, person=cleo, why="Asked for a rest.")
    with pytest.raises(PermissionDenied):
        reinstate(actor=cleo, person=sam)
    reinstate(actor=dora, person=sam)
    sam.refresh_from_db()
    assert sam.is_active
    deeds = AuditEntry.objects.order_by("pk").values_list("deed", "target")
    assert list(deeds) == [
        ("suspended", "@sam"),
        ("suspended", "@cleo"),
        ("reinstated", "@sam"),
    ]


def test_the_audit_log_can_be_narrowed_and_costs_the_same_however_long(
    ann: User, sam: User, cleo: User
) -> None:
    close(actor=cleo, contribution=submitted(ann, "river/closed"), why="A copy.")
    browser = signed_in(cleo)
    page = public(browser, "/moderation/audit/")
    assert "A copy." in page
    assert "Nothing fits" in public(browser, "/moderation/audit/?deed=merged")
    assert "A copy." in public(browser, "/moderation/audit/?actor=cleo&deed=closed")

    def more() -> None:
        author = make_user()
        for number in range(4):
            contribution = submitted(author, f"{author.username}/more-{number}")
            held_comment(sam, contribution)
            report_abuse(reporter=sam, contribution=contribution, why="Hm.")
            close(actor=cleo, contribution=contribution, why="A copy.")

    more()
    for path in (
        "/moderation/audit/",
        "/moderation/",
        "/api/v1/moderation/audit/",
        "/api/v1/moderation/holds/",
        "/api/v1/moderation/reports/",
    ):
        assert_constant_queries(lambda path=path: browser.get(path), more)  # type: ignore[misc]


def test_pages_lead_through_a_report_and_a_hold(ann: User, sam: User, cleo: User) -> None:
    contribution = submitted(ann)
    hold = held_comment(sam, contribution)
    browser = signed_in(ann)
    answer = browser.post("/report/?person=sam", {"why": ""})
    assert answer.status_code == 422
    answer = browser.post("/report/?person=sam", {"why": "He advertises."}, follow=True)
    assert "He advertises." in answer.content.decode()
    maintainer = signed_in(cleo)
    queue = public(maintainer, "/moderation/")
    assert "He advertises." in queue
    assert "spam.example" in queue
    answer = maintainer.post(f"/moderation/holds/{hold.pk}/release/", follow=True)
    assert "Released." in answer.content.decode()
    answer = maintainer.post(f"/moderation/holds/{hold.pk}/release/", follow=True)
    assert "cannot become released" in answer.content.decode()
    maintainer.post("/people/sam/suspend/", {"why": "Floods."})
    assert "Reinstate the account" in public(maintainer, "/people/sam/")
