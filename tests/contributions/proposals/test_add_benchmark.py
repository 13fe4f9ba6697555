"""A benchmark from proposal to column: what is refused, what merging makes, what stays hidden."""

import json
from typing import Any

import pytest

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution
from contributions.proposals.add_benchmark import AddBenchmark, definition_of, payload_of
from evaluations.models import Benchmark, BenchmarkVersion, Board
from hub import store
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.benchmarks import LINES, benchmark_payload
from tests.contributions.stories import approved
from tests.evaluations.suites.declared.examples import capitals
from tests.factories import make_benchmark_version
from tests.repos import host

pytestmark = pytest.mark.django_db
ADD = AddBenchmark()


def proposed(author: User, **fields: Any) -> Contribution:
    payload = benchmark_payload(**fields)
    return submit(author=author, kind="add_benchmark", payload=payload, sign_off=True)


def refused(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as caught:
        ADD.clean(benchmark_payload(**fields))
    return caught.value.fields


def test_data_is_kept_in_the_store_and_named_by_its_digest() -> None:
    payload = ADD.clean(benchmark_payload())
    data = payload["data"]
    assert (data["rows"], data["columns"]) == (8, ["question", "choices", "answer"])
    assert data["source"] == {}
    assert store.default().path_of(data["sha256"]).stat().st_size == data["bytes"]
    assert ADD.clean(payload) == payload
    assert ADD.clean(payload | {"data": f"stored:{data['sha256']}"}) == payload


def test_a_table_and_json_lines_are_both_taken() -> None:
    table = "question,answer\nOne and one?,2\nOne and two?,3\n"
    payload = ADD.clean(
        benchmark_payload(
            data=table, form="answer", metric="exact_match", target="{{ answer }}", chance=0
        )
    )
    assert payload["data"]["columns"] == ["question", "answer"]
    assert ADD.preview(payload)["previews"][0]["target"] == "2"


def test_a_file_of_a_dataset_is_read_at_its_commit(settings: Any, live_server: Any) -> None:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    hosted = host(
        "headwaters/rivers", {"README.md": b"", "test.jsonl": LINES.encode()}, kind="dataset"
    )
    payload = ADD.clean(benchmark_payload(data="headwaters/rivers@main:test.jsonl"))
    source = {"repo_id": "headwaters/rivers", "commit": hosted.sha, "path": "test.jsonl"}
    assert payload["data"]["source"] == source
    assert payload["data"]["sha256"] == ADD.clean(benchmark_payload())["data"]["sha256"]
    wrong = refused(data="headwaters/rivers@main:nothing.jsonl")
    assert list(wrong) == ["data"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"data": ""}, {"data"}),
        ({"data": "{"}, {"data"}),
        ({"data": "stored:" + "0" * 64}, {"data"}),
        ({"data": {"sha256": "../../etc/passwd"}}, {"data"}),
        ({"data": 7}, {"data"}),
        ({"prompt": "{% for x in range(9) %}"}, {"prompt"}),
        ({"metric": "bits_per_byte"}, {"metric"}),
        ({"chance": None}, {"chance"}),
        ({"name": "!!"}, {"name"}),
        ({"name": "Preview"}, {"name"}),
        ({"benchmark": "nowhere"}, {"benchmark"}),
        ({"licence": "none-such"}, {"licence"}),
    ],
)
def test_every_mistake_is_told_beside_its_field(changes: dict[str, Any], names: set[str]) -> None:
    assert set(refused(**changes)) == names


def test_a_name_that_is_here_is_refused() -> None:
    make_benchmark_version("capitals-of-nowhere")
    assert list(refused()) == ["name"]
    assert list(refused(benchmark="capitals-of-nowhere")) == ["benchmark"]


def test_a_preview_shows_ten_prompts_or_what_is_wrong_by_row() -> None:
    seen = ADD.preview(ADD.clean(benchmark_payload()))
    assert seen["previews"][1]["prompt"] == "What is the capital of country 1?\nAnswer:"
    rows = capitals()
    rows[4]["answer"] = 9
    bad = ADD.clean(benchmark_payload(data="\n".join(map(json.dumps, rows))))
    with pytest.raises(Refusal) as caught:
        ADD.preview(bad)
    assert caught.value.fields == {"data": ["Row 5: Answer names none of its 4 choices."]}


def test_held_out_data_is_neither_previewed_nor_taken_up_in_the_open(
    ann: User, ben: User, cleo: User
) -> None:
    contribution = proposed(ann, held_out=True)
    payload = contribution.versions.get().payload
    seen = ADD.preview(payload)
    assert (seen["previews"], seen["context"], seen["facts"]["rows"]) == ([], "", 8)
    assert "country" not in json.dumps(payload)
    merge(actor=cleo, contribution=approved(contribution, ben), head=1)
    wrong = refused(name="Another", data={"sha256": payload["data"]["sha256"]})
    assert wrong == {"held_out": ["capitals-of-nowhere holds this data out."]}


def test_merging_makes_version_recipe_and_column(ann: User, ben: User, cleo: User) -> None:
    contribution = proposed(ann)
    assert (contribution.subject, contribution.title) == (
        "capitals-of-nowhere",
        "Add benchmark Capitals of nowhere",
    )
    merge(actor=cleo, contribution=approved(contribution, ben), head=1)
    contribution.refresh_from_db()
    version = BenchmarkVersion.objects.get()
    assert contribution.benchmark == version.benchmark == Benchmark.objects.get()
    assert version.definition is not None
    assert version.definition["licence"] == "cc0-1.0"
    assert Board.objects.get(slug="community").columns.get().recipe.benchmark_version == version
    again = ADD.clean(payload_of(version))
    assert definition_of(again) == definition_of(contribution.versions.get().payload)


def test_a_next_version_shows_what_it_changes(ann: User, ben: User, cleo: User) -> None:
    merge(actor=cleo, contribution=approved(proposed(ann), ben), head=1)
    first = ADD.clean(payload_of(BenchmarkVersion.objects.get()))
    next_one = submit(
        author=ann,
        kind="add_benchmark",
        payload={**first, "prompt": "Q: {{ question }}\nA:"},
        sign_off=True,
    )
    version = next_one.versions.get()
    assert [change.field for change in ADD.changes(version.base, version.payload)] == ["prompt"]
    merge(actor=cleo, contribution=approved(next_one, ben), head=1)
    assert sorted(BenchmarkVersion.objects.values_list("version", flat=True)) == ["1", "2"]
    with pytest.raises(Refusal, match="as it stands"):
        submit(
            author=ann,
            kind="add_benchmark",
            payload=payload_of(BenchmarkVersion.objects.get(version="2")),
            sign_off=True,
        )
