"""Rescorings as pages: asked for on the recipe's, watched, stopped, read by everybody."""

import pytest
from django.test import Client

from evaluations.models import Rescoring, Score
from hub.models import User
from tests.evaluations.rescorings import (
    answered,
    judged_again,
    publish,
    recipe_of,
    sums,
    three_answers,
    told,
)
from tests.factories import make_checkpoint, make_recipe, make_score
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def page_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


@pytest.fixture
def score() -> Score:
    return make_score(make_checkpoint(), make_recipe(), 0.5)


def test_a_maintainer_asks_on_the_page_of_the_old_recipe_and_stops_it(
    client: Client, cleo: User
) -> None:
    old = recipe_of(publish())
    three_answers(old)
    client.force_login(cleo)
    assert "Judged again" not in page_of(client, old.get_absolute_url())
    publish(sums(scoring="number"))
    page = page_of(client, old.get_absolute_url())
    assert "Version 2</a> has another scorer" in page
    assert "Judge its answers again" in page
    path = f"{old.get_absolute_url()}rescore/"
    answer = client.post(path, {"why": "  "}, follow=True)
    assert "Say what was wrong" in answer.content.decode()
    answer = client.post(path, {"why": "Commas are not wrong."})
    asked = Rescoring.objects.get()
    assert answer.headers["Location"] == asked.get_absolute_url()
    page = page_of(client, asked.get_absolute_url())
    assert "Commas are not wrong." in page
    assert "0 of 3 scores" in page
    assert 'hx-trigger="every 2s"' in page
    assert asked.get_absolute_url() in page_of(client, old.get_absolute_url())
    assert asked.get_absolute_url() in page_of(client, asked.to_recipe.get_absolute_url())
    client.post(f"{asked.get_absolute_url()}cancel/")
    asked.refresh_from_db()
    assert asked.state == "cancelled"
    page = page_of(client, asked.get_absolute_url())
    assert "Stop it" not in page
    assert "hx-trigger" not in page.split('id="rescoring-live"')[1].split(">")[0]
    again = client.post(f"{asked.get_absolute_url()}cancel/", follow=True)
    assert "Nothing was changed" in again.content.decode()


def test_others_read_that_there_is_a_newer_scorer_and_are_offered_nothing(
    client: Client, ben: User
) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    client.force_login(ben)
    page = page_of(client, old.get_absolute_url())
    assert "has another scorer" in page
    assert "Judge its answers again" not in page
    path = f"{old.get_absolute_url()}rescore/"
    assert client.post(path, {"why": "Commas are not wrong."}).status_code == 403
    assert not Rescoring.objects.exists()


def test_what_stands_in_the_way_is_said_instead_of_a_form(client: Client, cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(prompt="Q: {{question}}\nA:"))
    client.force_login(cleo)
    page = page_of(client, old.get_absolute_url())
    assert "The newer version asks otherwise (prompt): models have to answer." in page
    assert "Judge its answers again" not in page


def test_the_page_tells_all_of_the_report(client: Client, ann: User, score: Score) -> None:
    done = told(ann, score.recipe, score)
    page = page_of(client, done.get_absolute_url())
    assert "Commas are not wrong.<br>See the thread." in page
    assert "2 scores judged again: 0 went up, 1 went down, 1 stayed." in page
    assert "−0.2500" in page
    assert "−0.4000 to −0.1000" in page
    assert "1 up, 3 down" in page
    assert f"?against={score.pk}&amp;show=changed" in page
    assert "2 of 3 changed places; 1 lost its place until it is measured" in page
    assert "Its answers were not kept." in page
    assert "Run 1 measures it under the new recipe." in page


def test_a_failed_one_says_why_and_what_to_do(client: Client, ann: User, score: Score) -> None:
    failed = told(
        ann,
        score.recipe,
        score,
        state="failed",
        report={},
        failure_message="No score could be made.",
    )
    page = page_of(client, failed.get_absolute_url())
    assert "No score could be made." in page
    assert "The boards are as they were." in page


def test_the_middle_is_sent_only_when_it_changed(client: Client, ann: User, score: Score) -> None:
    live = told(ann, score.recipe, score, state="running", done=1, report={}, finished_at=None)
    page = page_of(client, live.get_absolute_url())
    path = page.split('hx-get="')[1].split('"')[0]
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 204
    Rescoring.objects.update(done=2)
    piece = client.get(path, headers={"HX-Request": "true"})
    assert "2 of 4 scores" in " ".join(piece.content.decode().split())
    assert "<html" not in piece.content.decode()


def test_the_list_narrows_and_costs_the_same_however_long(
    client: Client, ann: User, score: Score
) -> None:
    assert "Nothing was judged again yet" in page_of(client, "/rescorings/")
    first = told(ann, score.recipe, score)
    page = page_of(client, "/rescorings/")
    assert first.get_absolute_url() in page
    slug = score.recipe.benchmark_version.benchmark.slug
    assert first.get_absolute_url() in page_of(client, f"/rescorings/?benchmark={slug}&state=done")
    assert "No rescoring has all of that" in page_of(client, "/rescorings/?state=failed")

    def more() -> None:
        for _ in range(3):
            told(ann, make_recipe(), score)

    assert_constant_queries(lambda: client.get("/rescorings/"), more)


@pytest.mark.django_db(transaction=True)
def test_both_scores_lead_to_each_other_and_their_answers_are_compared(
    client: Client, cleo: User
) -> None:
    old = recipe_of(publish(held_out=True))
    was = answered(old, "commas", [" 1,000", " 1001", *[" no"] * 4])
    version = old.benchmark_version
    # As if an older hub had published it.
    type(version).objects.filter(pk=version.pk).update(digest="0" * 64)
    done = judged_again(cleo, old)
    again = Score.objects.get(recipe=done.to_recipe)
    page = page_of(client, f"/scores/{was.pk}/answers/")
    assert f"/scores/{again.pk}/answers/?against={was.pk}" in page
    page = page_of(client, f"/scores/{again.pk}/answers/?against={was.pk}")
    assert "did not answer the same samples" not in page
    assert "an earlier score" in page
    # Closed stays closed: what was asked and answered is not on it.
    assert "How much is" not in page
    assert "1,000" not in page
    client.force_login(cleo)
    assert "How much is 0 and 1,000?" in page_of(client, f"/scores/{again.pk}/answers/")
    assert "judged again by a newer scorer" in page_of(client, again.run.get_absolute_url())
