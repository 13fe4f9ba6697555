"""What a score is made of: the list, one sample, two answers side by side, and what stays closed."""

from typing import Any

import pytest
from django.test import Client

from evaluations.answers import search
from evaluations.models import Samples, Score
from hub.models import User
from tests.conftest import signed_in
from tests.evaluations.answering import answered_score
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe, make_variant
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def two_scores(**fields: Any) -> tuple[Score, Score]:
    """A child and another under one recipe: it gains sample 1 and loses sample 2."""
    recipe = make_recipe(make_benchmark_version("riddles", **fields))
    mine = make_checkpoint(make_variant("brooks/child"))
    theirs = make_checkpoint(make_variant("brooks/other"))
    child = answered_score(
        ["It is 42.", "42 too", "perhaps 41", "<b>no</b>"],
        [1.0, 1.0, 0.0, 0.0],
        checkpoint=mine,
        recipe=recipe,
    )
    other = answered_score(
        ["It is 42.", "41", "surely 42", "no"],
        [1.0, 0.0, 1.0, 0.0],
        checkpoint=theirs,
        recipe=recipe,
    )
    return child, other


def page(client: Client, score: Score, query: str = "") -> str:
    answer = client.get(f"/scores/{score.pk}/answers/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def shown(text: str) -> list[int]:
    """Numbers of the samples on a page, in its order."""
    pieces = text.split('<a class="number" href="')[1:]
    return [int(piece.split("/answers/")[1].split("/")[0]) for piece in pieces]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [0, 1, 2, 3]),
        ("?show=right", [0, 1]),
        ("?show=wrong", [2, 3]),
        ("?sort=worst", [2, 3, 0, 1]),
        ("?sort=best&after=0", [1, 2, 3]),
        ("?after=1", [2, 3]),
        ("?before=2", [0, 1]),
        ("?show=gained&against={other}", [1]),
        ("?show=lost&against={other}", [2]),
        ("?show=changed&against={other}", [1, 2]),
        ("?q=perhaps", [2]),
        ("?q=PERHAPS", [2]),
        ("?q=question+3", [3]),
        ("?q=perhaps&show=right", []),
    ],
)
def test_samples_can_be_narrowed_and_sorted(client: Client, query: str, numbers: list[int]) -> None:
    child, other = two_scores()
    assert shown(page(client, child, query.format(other=other.pk))) == numbers


def test_two_answers_stand_side_by_side_with_the_words_that_differ(client: Client) -> None:
    child, other = two_scores()
    text = page(client, child, f"?show=lost&against={other.pk}")
    assert "<ins>perhaps</ins>" in text
    assert "<del>surely</del>" in text
    assert "brooks/other" in text


def test_one_sample_has_a_page_with_both_answers(client: Client) -> None:
    child, other = two_scores()
    text = client.get(f"/scores/{child.pk}/answers/1/?against={other.pk}").content.decode()
    for words in ("Question 1", "gained", "Right", "Wrong", "<del>41</del>"):
        assert words in text
    assert client.get(f"/scores/{child.pk}/answers/4/").status_code == 404


def test_what_strangers_wrote_is_text_and_nothing_else(client: Client) -> None:
    child, _ = two_scores()
    for address in (f"/scores/{child.pk}/answers/", f"/scores/{child.pk}/answers/3/"):
        text = client.get(address).content.decode()
        assert "&lt;b&gt;no&lt;/b&gt;" in text
        assert "<b>no</b>" not in text


def test_nonsense_in_the_address_is_named_and_left_out(client: Client) -> None:
    child, _ = two_scores()
    text = page(client, child, "?show=pretty&sort=up&after=x&against=999999&q=a")
    assert shown(text) == [0, 1, 2, 3]
    for name in ("show", "sort", "after", "q"):
        assert f"“{name}” is not understood" in text
    assert "Gained and lost are told against another score" in page(client, child, "?show=lost")
    unlike = answered_score(["a"], [1.0])
    assert "no such score under the same recipe" in page(client, child, f"?against={unlike.pk}")


def test_scores_of_other_samples_are_not_compared(client: Client) -> None:
    child, _ = two_scores()
    fewer = answered_score(["42"], [1.0], recipe=child.recipe)
    text = page(client, child, f"?show=lost&against={fewer.pk}")
    assert "did not answer the same samples" in text
    assert shown(text) == [0, 1, 2, 3]


def test_a_long_search_rests_and_goes_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_GROUPS", 1)
    texts = ["needle" if number == 500 else "hay" for number in range(600)]
    score = answered_score(texts, [0.0] * 600)
    first = page(client, score, "?q=needle")
    assert shown(first) == []
    assert "up to number 256" in first
    assert shown(page(client, score, "?q=needle&after=255")) == [500]


def test_pages_meet_and_neither_repeat_nor_skip(client: Client) -> None:
    score = answered_score([f"a{number}" for number in range(60)], [0.0] * 60)
    first, second = shown(page(client, score)), shown(page(client, score, "?after=24"))
    assert (first, second) == (list(range(25)), list(range(25, 50)))
    assert shown(page(client, score, "?before=25")) == first


@pytest.mark.parametrize("kept", [True, False])
def test_closed_answers_are_shown_to_maintainers_alone(
    client: Client, ben: User, cleo: User, kept: bool
) -> None:
    child, other = two_scores(confidential=kept)
    query = f"?against={other.pk}"
    for visitor in (client, signed_in(ben)):
        text = page(visitor, child, query)
        assert ("perhaps 41" not in text) == kept
        assert ("kept closed" in text) == kept
        assert shown(text) == [0, 1, 2, 3]
        one = visitor.get(f"/scores/{child.pk}/answers/2/").content.decode()
        assert ("perhaps 41" not in one) == kept
        status = visitor.get(f"/api/v1/scores/{child.pk}/answers.jsonl").status_code
        assert status == (403 if kept else 200)
        lines = visitor.get(f"/api/v1/scores/{child.pk}/answers/").json()
        assert (lines["samples"][2]["mine"] is None) == kept
        assert lines["samples"][2]["doc_hash"]
    assert "perhaps" in page(signed_in(cleo), child, query)


def test_outcomes_stay_when_answers_are_gone(client: Client) -> None:
    child, _ = two_scores()
    Samples.objects.filter(score=child).update(raw_sha256="0" * 64)
    text = page(client, child)
    assert "not kept for this score" in text
    assert shown(text) == [0, 1, 2, 3]
    assert client.get(f"/api/v1/scores/{child.pk}/answers.parquet").status_code == 404


def test_a_page_asks_no_more_of_many_samples_and_scores(client: Client) -> None:
    child, other = two_scores()
    assert_constant_queries(
        lambda: page(client, child, f"?against={other.pk}"),
        lambda: answered_score(["42"] * 4, [1.0] * 4, recipe=child.recipe),
    )
