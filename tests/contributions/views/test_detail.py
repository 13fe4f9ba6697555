"""One contribution's page, in every state, for everybody who may look at it."""

import pytest
from django.test import Client

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.withdraw import withdraw
from contributions.models import Check, Contribution
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import approved, pass_checks, variant_payload
from tests.factories import make_run
from tests.queries import assert_constant_queries

HTMX = {"HX-Request": "true"}


def read(client: Client, contribution: Contribution, query: str = "") -> str:
    answer = client.get(f"{contribution.get_absolute_url()}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def second_version(contribution: Contribution, **fields: str) -> Contribution:
    revise(
        actor=contribution.author,
        contribution=contribution,
        payload=variant_payload(**fields),
        note="Corrected.",
        head=contribution.head,
        sign_off=True,
    )
    contribution.refresh_from_db()
    return contribution


# What each sees that the others do not: button or link -> who.
OFFERS = {
    "Sign in</a> to comment": {"anonymous"},
    'value="comment"': {"sam", "ann", "ben", "cleo"},
    'value="approve"': {"ben", "cleo"},
    'value="request_changes"': {"ben", "cleo"},
    'id="merge"': {"cleo"},
    "/revise/": {"ann"},
    "Withdraw it": {"ann"},
    "Close it without merging": {"cleo"},
    'id="rerun-origin"': {"ann", "cleo"},
}


@pytest.mark.parametrize("who", ["anonymous", "sam", "ann", "ben", "cleo"])
def test_everybody_is_offered_what_they_may_do(
    who: str, brook: Contribution, sam: User, ann: User, ben: User, cleo: User
) -> None:
    pass_checks(brook)
    people = {user.username: user for user in (sam, ann, ben, cleo)}
    client = signed_in(people[who]) if who in people else Client()
    page = read(client, brook)
    assert {offer for offer in OFFERS if offer in page} == {
        offer for offer, to in OFFERS.items() if who in to
    }


def test_checks_that_run_are_looked_at_again(client: Client, brook: Contribution) -> None:
    page = read(client, brook)
    assert 'hx-trigger="every 2s,' in page
    assert "waits for its turn" in page
    pass_checks(brook)
    # People may act on it; nothing else does.
    assert 'hx-trigger="every 30s' in read(client, brook)


def test_an_answer_without_news_changes_nothing(client: Client, brook: Contribution) -> None:
    seen = client.get(brook.get_absolute_url()).context["stamp"]
    url = f"{brook.get_absolute_url()}?seen={seen}"
    assert client.get(url, headers=HTMX).status_code == 204
    Check.objects.filter(name="origin").update(state="running")
    answer = client.get(url, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert 'id="live"' in answer.content.decode()
    assert "HX-Request" in answer["Vary"]
    assert client.get(url).status_code == 200


def test_runs_that_wait_are_looked_at_more_rarely(
    client: Client, brook: Contribution, ben: User, cleo: User
) -> None:
    merged = merge(actor=cleo, contribution=approved(brook, ben), head=1)
    assert merged.variant is not None
    run = make_run(merged.variant.checkpoints.get(), requested_by=cleo)
    page = read(client, brook)
    assert 'hx-trigger="every 20s,' in page
    assert f'href="{run.get_absolute_url()}"' in page


def test_a_failed_check_says_why_and_whose_turn_it_is(
    client: Client, brook: Contribution, ann: User
) -> None:
    pass_checks(brook)
    Check.objects.filter(name="licence").update(
        state="failed",
        summary="The licence does not fit.",
        details=[{"text": "The licence does not fit."}, {"text": "The parent says MIT <b>."}],
        whose="submitter",
    )
    page = read(client, brook)
    assert "The licence does not fit." in page
    assert "The parent says MIT &lt;b&gt;." in page
    assert page.count("The licence does not fit.") == 1
    assert "This is ann\N{RIGHT SINGLE QUOTATION MARK}s to put right." in page
    assert "Check “Licence” failed." in page
    assert "This is yours to put right" in read(signed_in(ann), brook)


def test_what_is_missing_stands_in_the_merge_box(
    brook: Contribution, ben: User, cleo: User
) -> None:
    maintainer = signed_in(cleo)
    pass_checks(brook)
    page = read(maintainer, brook)
    assert "1 requirement open" in page
    assert " required checks passed." in page
    assert "disabled" in page.partition('id="merge"')[2].partition(">")[0]
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    page = read(maintainer, brook)
    assert "Ready to merge" in page
    assert "disabled" not in page.partition('id="merge"')[2].partition(">")[0]


def test_a_merged_one_leads_to_what_it_made(
    client: Client, brook: Contribution, ben: User, cleo: User
) -> None:
    merged = merge(actor=cleo, contribution=approved(brook, ben), head=1)
    assert merged.variant is not None
    page = read(client, brook)
    assert "headwaters/brook is in the catalogue" in page
    assert f'href="{merged.variant.get_absolute_url()}"' in page
    assert "Merged by" in page


def test_an_end_without_merge_says_why(client: Client, brook: Contribution, cleo: User) -> None:
    close(actor=cleo, contribution=brook, why="It is gone at the origin.")
    page = read(client, brook)
    assert "Closed without merging" in page
    assert page.count("It is gone at the origin.") == 2  # in the timeline and at the end
    assert "so nothing was measured" in page


def test_a_withdrawn_one_can_still_be_talked_about(brook: Contribution, ann: User) -> None:
    withdraw(actor=ann, contribution=brook, why="")
    page = read(signed_in(ann), brook)
    assert "Withdrawn by its author" in page
    assert 'value="comment"' in page
    assert "/revise/" not in page


def test_versions_show_what_changed(client: Client, brook: Contribution) -> None:
    second_version(brook, licence="mit", card_text="# Brook\n\nMore.")
    page = read(client, brook)
    assert "<del>apache-2.0</del><ins>mit</ins>" in page
    assert "More." in page.partition('class="diff"')[2]
    assert "Version 2 against version 1" in page


def test_an_old_version_is_read_but_not_judged(brook: Contribution, cleo: User) -> None:
    second_version(brook, licence="mit")
    page = read(signed_in(cleo), brook, "?version=1")
    assert "This is version 1 of 2." in page
    assert 'value="approve"' not in page
    assert 'id="merge"' not in page
    assert "Checks of version 1" in page


@pytest.mark.parametrize("version", ["0", "99", "-1", "x", "9" * 40])
def test_a_version_that_does_not_exist_shows_the_newest(
    client: Client, brook: Contribution, version: str
) -> None:
    assert "Checks of version 1" in read(client, brook, f"?version={version}")


def test_check_results_of_one_go_are_one_line(client: Client, brook: Contribution) -> None:
    for check in Check.objects.order_by("pk"):
        state = "failed" if check.name == "card" else "passed"
        brook.events.create(verb="checked", version_number=1, to_state=state, checked=check)
    page = read(client, brook)
    assert f"{Check.objects.count() - 1} checks passed" in page
    assert "<b>Card and facts</b> failed" in page
    assert page.count("on version 1 ·") == 1


def test_text_that_people_write_is_cleaned(client: Client, brook: Contribution, sam: User) -> None:
    comment(author=sam, contribution=brook, body="**Hello** <script>alert(1)</script>")
    page = read(client, brook)
    assert "<strong>Hello</strong>" in page
    assert "alert(1)</script>" not in page


def test_a_number_that_nobody_has_is_not_found(client: Client, db: None) -> None:
    assert client.get("/contributions/999999/").status_code == 404
    assert client.get(f"/contributions/{10**30}/").status_code == 404


def test_queries_do_not_grow_with_the_story(
    client: Client, brook: Contribution, ann: User, sam: User, ben: User, cleo: User
) -> None:
    comment(author=ann, contribution=brook, body="First.")
    review(reviewer=ben, contribution=brook, head=1, verdict="request_changes", body="No.")
    second_version(brook, licence="mit")
    review(reviewer=ben, contribution=brook, head=2, verdict="approve", body="Yes.")

    def more() -> None:
        comment(author=sam, contribution=brook, body="Second.")
        second_version(brook, licence="apache-2.0", summary="Third.")
        review(reviewer=cleo, contribution=brook, head=3, verdict="approve", body="Fine.")
        comment(author=cleo, contribution=brook, body="Fourth.")
        review(reviewer=ben, contribution=brook, head=3, verdict="approve")

    assert assert_constant_queries(lambda: read(client, brook), more) <= 16
