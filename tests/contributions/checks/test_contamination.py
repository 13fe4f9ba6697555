"""Training data against what boards measure with: by name through all parents, and word by word."""

import json
from typing import Any

import pytest

from contributions.actions.submit import submit
from contributions.models import Check
from evaluations.models import BenchmarkVersion
from hub import store
from hub.models import LineageEdge, User
from tests.contributions.stories import dataset_payload, run_checks, submitted
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_dataset,
    make_recipe,
    make_variant,
)
from tests.repos import card, host

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = [
    "How many fish swim past the old mill in an hour",
    "Which river carries the most sand to the northern sea",
    "Why do herons stand on one leg in cold water",
]
HELD_BACK = "heron"


@pytest.fixture
def river(db: None) -> BenchmarkVersion:
    """A contributed benchmark on a board, its documents in the store."""
    version = make_benchmark_version("river")
    make_board("board", [make_recipe(version)])
    version.benchmark.dataset_name = "sea/river-questions"
    version.benchmark.save()
    lines = [json.dumps({"id": f"q{n}", "question": text}) for n, text in enumerate(QUESTIONS)]
    version.data_sha256 = store.default().add_bytes("\n".join(lines).encode())
    version.save()
    return version


def of_dataset(author: User, files: dict[str, bytes], **fields: Any) -> Check:
    host("headwaters/pool", {"README.md": card(), **files}, kind="dataset")
    payload = dataset_payload("headwaters/pool", **fields)
    return run_checks(submit(author=author, kind="add_dataset", payload=payload, sign_off=True))[
        "contamination"
    ]


def edge(parent: str, relation: str, *, is_dataset: bool = False) -> dict[str, Any]:
    return {"parent_name": parent, "relation": relation, "is_dataset": is_dataset}


def of_variant(author: User, *edges: dict[str, Any]) -> Check:
    host("headwaters/brook")
    return run_checks(submitted(author, edges=list(edges)))["contamination"]


@pytest.mark.parametrize(
    "files",
    [
        {"train.jsonl": json.dumps({"text": f"Q: {QUESTIONS[2]}? A: warmth"}).encode()},
        {"train.txt": f"So: {QUESTIONS[2].upper()}!".encode()},
        {"train.csv": f'1,"{QUESTIONS[2]}",x\n'.encode()},
        {"data/part.json": json.dumps([{"a": [{"b": QUESTIONS[2]}]}]).encode()},
    ],
)
def test_items_that_stand_in_training_files_are_counted_and_never_shown(
    origin: str, ann: User, river: BenchmarkVersion, files: dict[str, bytes]
) -> None:
    check = of_dataset(ann, files)
    assert (check.state, check.code) == ("warning", "contaminated")
    assert check.summary.startswith("1 of 3 items of River (33 %)")
    assert check.details[0]["found"] == "q2"
    assert HELD_BACK not in json.dumps([check.summary, check.details, check.findings]).lower()


def test_other_words_share_nothing(origin: str, ann: User, river: BenchmarkVersion) -> None:
    line = " ".join(QUESTIONS[2].split()[:7]) + " anything else at all"
    check = of_dataset(ann, {"train.txt": line.encode()})
    assert (check.state, check.findings["overlaps"][river.digest]["hits"]) == ("passed", 0)


def test_evaluation_data_are_not_training_data(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    files = {"test.txt": QUESTIONS[0].encode()}
    assert of_dataset(ann, files, purpose="evaluation").state == "skipped"


def test_what_nobody_can_read_is_not_called_clean(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    assert of_dataset(ann, {"train.parquet": b"PAR1"}).state == "skipped"


def test_reading_is_bounded(
    origin: str, ann: User, river: BenchmarkVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contributions.checks.contamination.MOST_BYTES", 1000)
    monkeypatch.setattr("contributions.checks.contamination.PIECE", 300)
    late = b"water " * 200 + QUESTIONS[0].encode()
    check = of_dataset(ann, {"a.txt": late, "b.txt": QUESTIONS[1].encode()})
    assert check.findings["overlaps"][river.digest]["bytes"] == 1000
    assert check.state == "passed"


def test_a_run_of_words_across_two_pieces_is_found(
    origin: str, ann: User, river: BenchmarkVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contributions.checks.contamination.PIECE", 16)
    assert of_dataset(ann, {"a.txt": f"x {QUESTIONS[0]} y".encode()}).state == "warning"


def test_a_benchmark_among_the_training_data_is_named(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    trained = edge("Sea/River-Questions", "trained_on", is_dataset=True)
    check = of_variant(ann, trained)
    assert check.summary == "Sea/River-Questions is what River measures with."


def test_and_through_a_grandparent_with_the_way_to_it(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    parent, grandparent = make_variant("sea/parent"), make_variant("sea/grandparent")
    dataset = make_dataset("sea/questions", repo_id="sea/river-questions")
    LineageEdge.objects.create(
        child=parent, parent=grandparent, parent_name="sea/grandparent", relation="merge"
    )
    LineageEdge.objects.create(
        child=grandparent,
        parent_dataset=dataset,
        parent_name="sea/questions",
        relation="trained_on",
    )
    check = of_variant(ann, edge("sea/parent", "finetune"))
    assert check.state == "warning"
    assert "sea/questions (through sea/parent, sea/grandparent)" in check.summary


def test_what_a_datasets_own_check_did_not_see_is_compared_now(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    host("sea/pool", {"README.md": card(), "t.txt": QUESTIONS[1].encode()}, kind="dataset")
    make_dataset("sea/pool")
    check = of_variant(ann, edge("sea/pool", "trained_on", is_dataset=True))
    assert (check.state, check.details[0]["found"]) == ("warning", "q1")


def test_benchmarks_that_ship_with_the_hub_are_compared_too(origin: str, ann: User) -> None:
    version = make_benchmark_version("prose", task_file="demo/tributary_prose.yaml")
    make_board("board", [make_recipe(version)])
    line = "The blue pig of the ford helps the white ant of the weir."
    check = of_dataset(ann, {"train.txt": line.encode()})
    assert (check.state, "doc-0000" in check.details[0]["found"]) == ("warning", True)


def test_a_benchmark_on_no_board_concerns_nobody(
    origin: str, ann: User, river: BenchmarkVersion
) -> None:
    river.recipes.get().boards.update(current=False)
    assert of_dataset(ann, {"train.txt": QUESTIONS[0].encode()}).state == "passed"
