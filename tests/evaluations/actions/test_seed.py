"""The shipped suites in the database: once, immutable, versioned."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from evaluations.actions.seed import HARNESS_VERSIONS, seed_suites
from evaluations.models import Benchmark, BenchmarkVersion, Board, BoardRecipe, Recipe
from evaluations.suites.loader import Suites, load_suites

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def suites() -> Suites:
    return load_suites()


def with_changed(suites: Suites, slug: str, **changes: Any) -> Suites:
    """The same suites with one benchmark or board changed."""
    return Suites(
        tuple(
            dataclasses.replace(b, **changes) if b.slug == slug else b for b in suites.benchmarks
        ),
        tuple(dataclasses.replace(b, **changes) if b.slug == slug else b for b in suites.boards),
    )


@pytest.mark.django_db
def test_everything_that_is_shipped_is_made_and_a_second_time_nothing(suites: Suites) -> None:
    seed_suites(suites)
    counts = [m.objects.count() for m in (Benchmark, BenchmarkVersion, Recipe, Board, BoardRecipe)]
    assert counts[0] == counts[1] == len(suites.benchmarks)
    assert counts[2] == counts[4] == sum(len(board.entries) for board in suites.boards)
    assert counts[3] == len(suites.boards)
    again = seed_suites(suites)
    assert (again.benchmarks, again.boards, again.recipes) == ([], [], 0)
    assert counts == [
        m.objects.count() for m in (Benchmark, BenchmarkVersion, Recipe, Board, BoardRecipe)
    ]


@pytest.mark.django_db
def test_the_demo_board_takes_everybody_and_runs_on_a_cpu(suites: Suites) -> None:
    seed_suites(suites)
    demo = Board.objects.get(slug="tributary-demo", current=True)
    assert demo.automatic
    assert {recipe.queue for recipe in demo.recipes.all()} == {"cpu"}
    assert not Board.objects.get(slug="openseek").automatic


@pytest.mark.django_db
def test_every_stored_digest_is_that_of_the_facts() -> None:
    seed_suites()
    for recipe in Recipe.objects.select_related("benchmark_version__benchmark"):
        assert recipe.digest == recipe.compute_digest()


@pytest.mark.django_db
def test_a_changed_task_becomes_a_new_version_and_its_board_the_next(suites: Suites) -> None:
    seed_suites(suites)
    old = Board.objects.get(slug="tributary-demo")
    seeded = seed_suites(with_changed(suites, "tributary-prose", digest="f" * 64))
    assert (seeded.benchmarks, seeded.boards, seeded.recipes) == (
        ["tributary-prose"],
        ["tributary-demo"],
        1,
    )
    old.refresh_from_db()
    new = Board.objects.get(slug="tributary-demo", current=True)
    assert (old.current, old.version, new.version, new.automatic) == (False, 1, 2, True)
    assert old.recipes.intersection(new.recipes.all()).count() == 2
    versions = Benchmark.objects.get(slug="tributary-prose").versions
    assert set(versions.values_list("version", flat=True)) == {"1", "1-2"}
    seed_suites(suites)
    assert versions.count() == 2


@pytest.mark.django_db
def test_another_back_end_makes_other_recipes_and_the_next_board(suites: Suites) -> None:
    seed_suites(suites)
    before = set(Recipe.objects.values_list("digest", flat=True))
    arguments = {"endpoint": "lab"}
    slug = "tributary-demo"
    seeded = seed_suites(with_changed(suites, slug, backend="endpoint", backend_args=arguments))
    board = Board.objects.get(slug=slug, current=True)
    recipes = [column.recipe for column in board.columns.all()]
    assert (seeded.boards, seeded.recipes) == ([slug], len(recipes))
    assert {(one.backend, one.backend_args["endpoint"]) for one in recipes} == {("endpoint", "lab")}
    assert before.isdisjoint(one.digest for one in recipes)


@pytest.mark.django_db
def test_new_words_for_a_board_do_not_make_a_new_version(suites: Suites) -> None:
    seed_suites(suites)
    seeded = seed_suites(with_changed(suites, "tributary-demo", question="Which one?"))
    assert seeded.boards == []
    assert Board.objects.get(slug="tributary-demo").question == "Which one?"


@pytest.mark.django_db
def test_the_command_says_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_suites")
    assert "4 boards are new" in capsys.readouterr().out
    call_command("seed_suites")
    assert "0 benchmark versions, 0 recipes and 0 boards are new." in capsys.readouterr().out


def test_recipes_are_for_the_harness_that_the_lock_installs() -> None:
    lock = (ROOT / "requirements" / "harness.txt").read_text()
    packages = {"inspect": "inspect_ai"}
    for harness, version in HARNESS_VERSIONS.items():
        name = packages.get(harness, harness)
        found = re.search(rf"^{name.replace('_', '[_-]')}(?:\[.*\])?==([\w.]+)", lock, re.MULTILINE)
        assert found is not None
        assert found[1] == version
