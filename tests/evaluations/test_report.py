"""The report: what is compared with what, what that is worth, what is said where nothing can be compared."""

import math

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.actions.rank import rank_board
from evaluations.models import Recipe
from evaluations.report import Report, report_of
from evaluations.report_text import chosen, report_markdown, sentences
from hub.models import Checkpoint
from tests.evaluations.worlds import answered, descends
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_recipe,
    make_run,
    make_score,
    make_variant,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def parent() -> Checkpoint:
    return make_checkpoint(make_variant("headwaters/brook"))


@pytest.fixture
def child(parent: Checkpoint) -> Checkpoint:
    variant = make_variant("delta/mouth")
    descends(variant, parent.variant)
    return make_checkpoint(variant)


def recipe_of(slug: str, **fields: object) -> Recipe:
    return make_recipe(make_benchmark_version(slug, **fields))


def texts(report: Report) -> str:
    return " ".join(one.text for one in sentences(report))


def test_samples_gained_and_lost_are_counted_and_tested_as_scipy_would(
    child: Checkpoint, parent: Checkpoint
) -> None:
    recipe = recipe_of("sums")
    answered(child, recipe, [1.0] * 10 + [0.0] * 2 + [1.0] * 30)
    answered(parent, recipe, [0.0] * 10 + [1.0] * 2 + [1.0] * 30)
    [row] = report_of(child).rows
    assert (row.parent.gained, row.parent.lost) == (10, 2)
    assert row.parent.p_value == pytest.approx(0.03857421875)
    assert row.parent.adjusted == row.parent.p_value
    assert row.parent.verdict == "better"
    assert "Better than headwaters/brook on Sums by 19.0 ±7.8 points." in texts(report_of(child))


def test_questions_on_one_passage_win_and_lose_together(
    child: Checkpoint, parent: Checkpoint
) -> None:
    """Forty more right answers on four passages of ten questions: a matter of four throws, not of forty."""
    recipe = make_recipe()
    passages = [f"passage {number // 10}" for number in range(100)]
    answered(child, recipe, [1.0] * 40 + [0.0] * 60, clusters=passages)
    # Measured before its documents were clustered: they are the same documents.
    answered(parent, recipe, [0.0] * 100)
    [row] = report_of(child).rows
    pair = row.parent.pair
    assert pair is not None
    assert (pair.clusters, pair.test) == (10, "sign-flip by cluster")
    assert (row.parent.gained, row.parent.lost) == (40, 0)
    assert pair.p_value == pytest.approx(2 / 2**4, abs=0.01)
    # By hand: four passages 0.6, six 0.4 from the mean, ten questions each: sqrt(10/9 · 240) / 100.
    assert row.parent.stderr == pytest.approx(math.sqrt(10 / 9 * (4 * 6**2 + 6 * 4**2)) / 100)
    assert row.parent.verdict == "unclear"


def test_asking_twice_as_much_asks_for_twice_the_evidence(
    child: Checkpoint, parent: Checkpoint
) -> None:
    for slug in ("sums", "capitals"):
        recipe = recipe_of(slug)
        answered(child, recipe, [1.0] * 10 + [0.0] * 2)
        answered(parent, recipe, [0.0] * 10 + [1.0] * 2)
    rows = report_of(child).rows
    assert [row.parent.adjusted for row in rows] == [pytest.approx(0.0771484375)] * 2
    assert [row.parent.verdict for row in rows] == ["unclear", "unclear"]
    assert "Not distinguishable from headwaters/brook on Capitals" in texts(report_of(child))


def test_where_less_is_better_fewer_bits_are_a_gain(child: Checkpoint, parent: Checkpoint) -> None:
    recipe = recipe_of("prose", higher_is_better=False, unit="bits per byte", upper_bound=None)
    weights = [3.0, 1.0] * 10
    answered(child, recipe, [1.0, 1.1] * 10, weights=weights)
    answered(parent, recipe, [1.5, 1.4] * 10, weights=weights)
    [row] = report_of(child).rows
    assert row.parent.delta == pytest.approx(-0.45)
    assert row.parent.pair is not None
    assert row.parent.pair.test == "sign-flip"
    assert (row.parent.verdict, row.parent.gained, row.parent.lost) == ("better", 20, 0)


def test_other_samples_are_compared_as_independent(child: Checkpoint, parent: Checkpoint) -> None:
    recipe = recipe_of("sums")
    answered(child, recipe, [1.0, 1.0, 0.0], documents=["a", "b", "c"])
    answered(parent, recipe, [1.0, 0.0, 0.0], documents=["a", "b", "d"])
    [row] = report_of(child).rows
    assert row.parent.pair is None
    assert row.parent.gained is None
    assert row.parent.stderr == pytest.approx(0.05 * 2**0.5)
    assert row.parent.verdict == "better"


def test_only_one_recipe_is_comparable_and_the_missing_one_can_be_asked_for(
    child: Checkpoint, parent: Checkpoint
) -> None:
    version = make_benchmark_version("sums")
    asked, other = make_recipe(version), make_recipe(version, n_shot=5)
    make_score(child, asked, 0.6, stderr=0.01)
    make_score(parent, other, 0.5, stderr=0.01)
    report = report_of(child)
    [row] = report.rows
    assert row.parent.delta is None
    assert report.requestable == [asked]
    assert "No counterpart on Sums: headwaters/brook was not measured" in texts(report)
    make_run(parent, [asked])
    waiting = report_of(child)
    assert waiting.requestable == []
    assert waiting.rows[0].parent.other.words == "waits for its turn on queue cpu"
    assert "headwaters/brook is being measured on Sums." in texts(waiting)


def test_a_row_says_what_its_run_waits_for_or_why_it_failed(child: Checkpoint) -> None:
    waits, works, failed = (recipe_of(slug) for slug in ("a", "b", "c"))
    make_run(child, [waits])
    make_run(child, [works], state="running", progress={"done": 3, "total": 10})
    run = make_run(child, [failed], failure_code="x", failure_message="No memory.")
    run.items.update(live=False)
    type(run).objects.filter(pk=run.pk).update(state="failed")
    rows = report_of(child).rows
    assert [row.mine.words for row in rows] == [
        "waits for its turn on queue cpu",
        "running, 3 of 10",
        "failed: No memory.",
    ]
    assert len(report_of(child).runs) == 2


def test_a_parent_that_nobody_has_added_is_named(child: Checkpoint) -> None:
    child.variant.parent_edges.update(parent=None)
    make_score(child, recipe_of("sums"), 0.5)
    report = report_of(child)
    assert report.parent is not None
    assert report.parent.checkpoint is None
    assert "headwaters/brook is not in the catalogue" in texts(report)


def test_the_commit_that_an_edge_names_is_the_parent(child: Checkpoint, parent: Checkpoint) -> None:
    newer = make_checkpoint(parent.variant)
    recipe = recipe_of("sums")
    for checkpoint in (child, newer):
        make_score(checkpoint, recipe, 0.5)
    child.variant.parent_edges.update(parent_commit=parent.commit)
    found = report_of(child).parent
    assert found is not None
    assert found.checkpoint == parent
    child.variant.parent_edges.update(parent_commit="")
    found = report_of(child).parent
    assert found is not None
    assert found.checkpoint == newer


def test_what_moved_by_more_than_a_tenth_of_a_point_is_called_out(child: Checkpoint) -> None:
    recipe, still = recipe_of("sums"), recipe_of("capitals")
    before = make_checkpoint(child.variant)
    make_score(before, recipe, 0.5)
    make_score(before, still, 0.5)
    make_score(child, recipe, 0.4989)
    make_score(child, still, 0.4991)
    report = report_of(child)
    [row] = report.moved
    assert row.recipe == recipe
    assert row.moved is not None
    assert row.moved.delta == pytest.approx(-0.0011)
    assert (
        f"Sums by \N{MINUS SIGN}0.1 against commit {before.commit[:8]} under the same recipe"
        in (texts(report))
    )


def test_an_earlier_recipe_of_the_benchmark_counts_as_earlier_unless_it_still_stands_beside(
    child: Checkpoint,
) -> None:
    version = make_benchmark_version("sums")
    old, new = make_recipe(version), make_recipe(version, n_shot=5)
    earlier = make_score(child, old, 0.5)
    make_score(child, new, 0.7)
    assert report_of(child).moved == []  # both are in the report, and neither is the other's past
    Checkpoint.objects.filter(pk=child.pk).update(digest="f" * 64)
    type(earlier).objects.filter(recipe=new).update(checkpoint_digest="f" * 64)
    child.refresh_from_db()
    [row] = report_of(child).moved
    assert row.moved is not None
    assert row.moved.score == earlier
    assert not row.moved.same_recipe


def test_references_are_the_best_of_its_size_and_the_leader(
    child: Checkpoint, parent: Checkpoint
) -> None:
    recipe = recipe_of("sums")
    board = make_board("rivers", [recipe])
    values = {"big/sea": (0.9, 10**9), "small/pond": (0.6, 400_000), "small/pool": (0.5, 500_000)}
    for name, (value, parameters) in values.items():
        make_score(make_checkpoint(make_variant(name, parameters=parameters)), recipe, value)
    make_score(child, recipe, 0.8)
    make_score(parent, recipe, 0.7)
    rank_board(board)
    report = report_of(child)
    assert [str(one.variant) for one in report.references] == ["small/pond", "big/sea"]
    assert chosen(report) == (
        "For reference: small/pond (the best other of its size on Rivers) and "
        "big/sea (the leader of Rivers)."
    )
    named = report_of(child, named=["small/pool"])
    assert [str(one.variant) for one in named.references] == ["small/pool", "small/pond"]


def test_the_mean_over_all_recipes_is_on_the_normalised_scale(
    child: Checkpoint, parent: Checkpoint
) -> None:
    for slug in ("sums", "capitals"):
        recipe = recipe_of(slug)  # chance is 0.25, so 0.075 is 10 points
        make_score(child, recipe, 0.575, stderr=0.03)
        make_score(parent, recipe, 0.5, stderr=0.04)
    overall = report_of(child).overall
    assert overall is not None
    assert overall.delta == pytest.approx(10)
    # 0.05 / 0.75 each, two of them averaged
    assert overall.stderr == pytest.approx(100 * 0.05 / 0.75 / 2**0.5)
    assert (overall.count, overall.total, overall.sure) == (2, 2, True)


def test_markdown_is_one_table_of_equal_rows(child: Checkpoint, parent: Checkpoint) -> None:
    recipe = recipe_of("sums")
    recipe.benchmark_version.benchmark.name = "Sums | and more"
    recipe.benchmark_version.benchmark.save()
    answered(child, recipe, [1.0] * 10 + [0.0] * 2)
    answered(parent, recipe, [0.0] * 10 + [1.0] * 2)
    text = report_markdown(report_of(child))
    table = [line.replace("\\|", "/") for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert len({line.count("|") for line in table}) == 1
    assert "Sums / and more" in table[2]
    assert "10 / 2" in table[2]
    assert table[2].endswith("| better |")


def test_recipes_cost_no_queries_and_a_pair_is_read_once(
    child: Checkpoint, parent: Checkpoint
) -> None:
    def measure(slug: str) -> None:
        recipe = recipe_of(slug)
        answered(child, recipe, [1.0, 0.0, 1.0])
        answered(parent, recipe, [0.0, 0.0, 1.0])

    measure("sums")
    few = count_queries(lambda: report_of(child))
    for slug in ("a", "b", "c", "d"):
        measure(slug)
    assert count_queries(lambda: report_of(child)) == few
    with CaptureQueriesContext(connection) as again:
        report = report_of(child)
    assert len(again) == few - 1
    assert not any("evaluations_samples" in query["sql"] for query in again)
    cache.clear()
    assert report_of(child).rows == report.rows
