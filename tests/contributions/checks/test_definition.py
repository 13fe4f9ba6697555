"""What the check of a benchmark's definition says; its last step is the real harness."""

import json
from typing import Any

import pytest

from contributions.actions.submit import submit
from contributions.checks import definition
from contributions.checks.verdict import Context, Verdict
from contributions.proposals.add_benchmark import AddBenchmark
from evaluations.actions.publish_benchmark import publish_benchmark
from hub import store
from hub.models import User
from tests.contributions.benchmarks import LINES, benchmark_payload
from tests.evaluations.actions.test_publish_benchmark import facts
from tests.evaluations.suites.declared.examples import capitals
from tests.repos import host

pytestmark = pytest.mark.django_db


def verdict(author: User, **fields: Any) -> Verdict:
    made = submit(
        author=author, kind="add_benchmark", payload=benchmark_payload(**fields), sign_off=True
    )
    return definition.run(Context(made.versions.get(), AddBenchmark(), {}))


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found before the harness would start."""

    def started(*args: object) -> None:
        raise AssertionError("the harness was started for a benchmark that does not hold together")

    monkeypatch.setattr(definition, "_tried", started)


def test_a_sound_benchmark_runs_through_the_real_harness(ann: User) -> None:
    found = verdict(ann)
    assert (found.state, found.code) == ("passed", "")
    assert found.findings["facts"]["rows"] == 8


def test_every_bad_row_is_told(ann: User, untried: None) -> None:
    rows = capitals()
    rows[2]["answer"] = 7
    rows[5]["choices"] = ["a", "a", "b", "c"]
    found = verdict(ann, data="\n".join(map(json.dumps, rows)))
    assert (found.state, found.code) == ("failed", "unsound")
    assert [detail.text for detail in found.details] == [
        "Row 3: Answer names none of its 4 choices.",
        "Row 6: Two of its choices are equal.",
    ]


def test_rows_of_another_benchmark_are_a_copy(ann: User, untried: None) -> None:
    publish_benchmark(facts(slug="older", name="Older"))
    found = verdict(ann)
    assert found.state == "failed"
    assert found.details[0].text == "8 of 8 rows are those of Older too."


def test_a_source_that_holds_other_rows_is_told(
    ann: User, untried: None, settings: Any, live_server: Any
) -> None:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    hosted = host("headwaters/rivers", {"a.jsonl": LINES.encode()}, kind="dataset")
    other = store.default().add_bytes(LINES.replace("country", "county").encode())
    source = {"repo_id": "headwaters/rivers", "commit": hosted.sha, "path": "a.jsonl"}
    found = verdict(ann, data={"sha256": other, "source": source})
    assert found.state == "failed"
    assert found.details[0].text == "a.jsonl at its origin holds other rows."


def test_a_lopsided_key_is_a_warning(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definition, "_tried", lambda context: None)
    found = verdict(ann, data="\n".join(json.dumps(row) for row in capitals(answer=1)))
    assert (found.state, found.code) == ("warning", "lopsided")
    assert "Always answering B scores 1.00." in found.summary
