"""The list of contributions: what waits, narrowed by its address, at a fixed number of queries."""

from django.test import Client

from contributions.actions.close import close
from contributions.models import Check, Contribution
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
    page = client.get(f"{URL}?subject=zzz&author=bob").content.decode()
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
    assert "?author=sam" in signed_in(sam).get(URL).content.decode()


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
