"""The list of contributions: what waits, narrowed by its address, at a fixed number of queries."""

from django.test import Client
from rest_framework.test import APIClient

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.review import review
from contributions.models import Assignment, Check, Contribution, Event
from hub.models import User, WorkingGroup
from tests.conftest import signed_in
from tests.contributions.stories import pass_checks, submitted
from tests.queries import assert_constant_queries

URL = "/contributions/"


def test_everybody_may_read_it(client: Client, brook: Contribution) -> None:
    page = client.get(URL).content.decode()
    assert f'href="{brook.get_absolute_url()}"' in page
    assert "Add headwaters/brook" in page
    assert "Checks running" in page
    assert "Mine" not in page


def test_an_empty_hub_shows_the_way_in(client: Client, db: None) -> None:
    page = client.get(URL).content.decode()
    assert "No contributions yet" in page
    assert 'href="/submit/add-variant/"' in page


def test_filters_that_fit_nothing_can_be_cleared(client: Client, brook: Contribution) -> None:
    page = client.get(f"{URL}?q=zzz&author=bob").content.decode()
    assert "No contribution has all of that" in page
    assert "Author: bob" in page
    assert 'value="zzz"' in page


def test_state_author_and_group_narrow_it(
    client: Client, ann: User, sam: User, cleo: User, brook: Contribution
) -> None:
    group, _ = WorkingGroup.objects.get_or_create(slug="system", defaults={"name": "System"})
    other = submitted(sam, "millrace/rill")
    Contribution.objects.filter(pk=other.pk).update(group=group)
    close(actor=cleo, contribution=brook, why="No.")

    def shown(query: str) -> list[str]:
        return [line.contribution.subject for line in client.get(f"{URL}?{query}").context["lines"]]

    assert shown("state=live") == ["millrace/rill"]
    assert shown("state=closed") == ["headwaters/brook"]
    assert shown("author=ANN") == ["headwaters/brook"]
    assert shown("group=system") == ["millrace/rill"]
    assert shown("ordering=number") == ["headwaters/brook", "millrace/rill"]


def test_text_reviews_and_parts_narrow_it(
    client: Client, api: APIClient, ann: User, sam: User, ben: User, cleo: User, brook: Contribution
) -> None:
    rill, brim = submitted(sam, "millrace/rill"), submitted(ann, "headwaters/brim")
    review(reviewer=ben, contribution=brook, head=1, verdict="request_changes", body="No.")
    comment(author=ben, contribution=rill, body="Well.")
    comment(author=ben, contribution=rill, body="Well!")
    Assignment.objects.create(contribution=brim, reviewer=ben, assigned_by=cleo)
    Event.objects.create(
        contribution=brim, verb="assigned", actor=cleo, person=ben, version_number=1
    )

    def shown(query: str) -> list[str]:
        """The page and the API say the same."""
        names = [
            line.contribution.subject for line in client.get(f"{URL}?{query}").context["lines"]
        ]
        answer = api.get(f"/api/v1/contributions/?{query}").json()
        assert [row["subject"] for row in answer["results"]] == names
        return names

    assert shown("q=HEADwaters/br&ordering=subject") == ["headwaters/brim", "headwaters/brook"]
    assert shown("q=Add+mill") == ["millrace/rill"]
    assert shown("reviewed_by=Ben") == ["headwaters/brook"]
    assert shown("reviewer=ben") == ["headwaters/brim"]
    assert shown("involves=ben") == ["headwaters/brim", "millrace/rill", "headwaters/brook"]
    assert shown("involves=ann&ordering=number") == ["headwaters/brook", "headwaters/brim"]
    assert shown("involves=nobody") == shown("author=nobody") == []
    assert shown("kind=add_variant&author=sam&state=open&q=rill") == ["millrace/rill"]
    assert shown("q=%25") == shown("q=_") == []


def test_a_filter_without_a_control_is_a_chip_that_can_be_taken_away(
    client: Client, ben: User, brook: Contribution
) -> None:
    page = client.get(f"{URL}?involves=ben&state=open").content.decode()
    assert "Involves: ben" in page
    assert f'href="{URL}?state=open"' in page


def test_every_order_that_is_offered_is_one(client: Client, brook: Contribution) -> None:
    for order, words in client.get(URL).context["orders"]:
        page = client.get(f"{URL}?ordering={order}").content.decode()
        assert f'<option value="{order}" selected>{words}</option>' in page
        assert "Add headwaters/brook" in page


def test_a_bookmark_that_means_nothing_any_more_is_explained(
    client: Client, brook: Contribution
) -> None:
    page = client.get(f"{URL}?state=asleep").content.decode()
    assert "This filter is left out" in page
    assert "Add headwaters/brook" in page


def test_the_worst_check_is_shown(client: Client, brook: Contribution) -> None:
    pass_checks(brook)
    assert "Checks passed" in client.get(URL).content.decode()
    Check.objects.filter(name="card").update(state="failed")
    assert "Checks failed" in client.get(URL).content.decode()


def test_people_find_their_own(sam: User, brook: Contribution) -> None:
    page = signed_in(sam).get(URL).content.decode()
    assert "?author=sam" in page
    assert "?involves=sam" in page
    assert "Mine" not in signed_in(sam).get(f"{URL}?author=sam").content.decode()


def test_htmx_gets_the_rows_alone(client: Client, brook: Contribution) -> None:
    answer = client.get(URL, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert page.strip().startswith('<div id="results">')
    assert {"HX-Request", "HX-Boosted"} <= set(answer["Vary"].split(", "))
    boosted = client.get(URL, headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert "<html" in boosted.content.decode()


def test_queries_do_not_grow_with_the_list(client: Client, ann: User, sam: User) -> None:
    submitted(ann, "headwaters/brook-0")

    def more() -> None:
        for number in range(1, 4):
            submitted((ann, sam)[number % 2], f"headwaters/brook-{number}")

    assert assert_constant_queries(lambda: client.get(URL), more) <= 4
