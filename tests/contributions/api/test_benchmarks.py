"""Benchmarks by script: tried, proposed, read, downloaded."""

import json

import pytest
from rest_framework.test import APIClient

from contributions.actions.merge import merge
from contributions.models import Contribution
from evaluations.models import Recipe, Samples
from hub.models import User
from tests.contributions.benchmarks import LINES, benchmark_payload
from tests.contributions.stories import approved
from tests.evaluations.answering import kept, line_of
from tests.evaluations.suites.declared.examples import capitals
from tests.factories import make_checkpoint, make_score

pytestmark = pytest.mark.django_db
PREVIEW = "/api/v1/benchmarks/preview/"


@pytest.fixture
def by_ann(ann: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(ann)
    return client


def merged(by: APIClient, ben: User, cleo: User, **fields: object) -> Contribution:
    sent = {"kind": "add_benchmark", "payload": benchmark_payload(**fields), "sign_off": True}
    assert by.post("/api/v1/contributions/", sent, format="json").status_code == 201
    contribution = Contribution.objects.latest("pk")
    return merge(actor=cleo, contribution=approved(contribution, ben), head=1)


def test_ten_prompts_come_back_with_a_payload_to_submit(by_ann: APIClient) -> None:
    payload = benchmark_payload(n_shot=1, examples=json.dumps(capitals(1, question="Which?")[0]))
    seen = by_ann.post(PREVIEW, {"payload": payload}, format="json").json()
    assert seen["examples"] == "Which?\nAnswer: Juhi 0\n\n"
    assert seen["previews"][0]["choices"][0] == {"text": "Juhi 0", "right": True}
    sent = {"kind": "add_benchmark", "payload": seen["payload"], "sign_off": True}
    assert by_ann.post("/api/v1/contributions/", sent, format="json").status_code == 201


def test_what_is_wrong_is_told_by_field_and_row(by_ann: APIClient) -> None:
    rows = LINES.replace('"answer": 3', '"answer": 4')
    answer = by_ann.post(PREVIEW, {"payload": benchmark_payload(data=rows)}, format="json")
    assert answer.status_code == 400
    messages = answer.json()["error"]["fields"]["data"]
    assert messages[0] == "Row 4: Answer names none of its 4 choices."


def test_strangers_without_an_account_try_nothing(api: APIClient) -> None:
    answer = api.post(PREVIEW, {"payload": benchmark_payload()}, format="json")
    assert answer.status_code in {401, 403}


def test_a_merged_benchmark_is_read_and_downloaded(
    by_ann: APIClient, ben: User, cleo: User
) -> None:
    merged(by_ann, ben, cleo)
    [version] = by_ann.get("/api/v1/benchmarks/capitals-of-nowhere/").json()["versions"]
    assert version["definition"]["prompt"] == "{{ question }}\nAnswer:"
    address = "/benchmarks/capitals-of-nowhere/v1/data.jsonl"
    rows = b"".join(by_ann.get(address).streaming_content)  # type: ignore[attr-defined]
    assert [json.loads(line) for line in rows.splitlines()] == capitals()
    assert by_ann.get(address.replace("data", "examples")).status_code == 404
    page = by_ann.get("/benchmarks/capitals-of-nowhere/").content.decode()
    for words in (
        "What is the capital of country 0?",
        "cc0-1.0",
        "ann",
        "Propose its next version",
    ):
        assert words in page


def test_what_is_held_out_is_shown_nowhere(by_ann: APIClient, ben: User, cleo: User) -> None:
    contribution = merged(by_ann, ben, cleo, held_out=True)
    for address in (
        contribution.get_absolute_url(),
        f"/api/v1/contributions/{contribution.pk}/",
        "/benchmarks/capitals-of-nowhere/",
        "/api/v1/benchmarks/capitals-of-nowhere/",
    ):
        answer = by_ann.get(address)
        assert answer.status_code == 200
        assert "of country" not in answer.content.decode()
    assert by_ann.get("/benchmarks/capitals-of-nowhere/v1/data.jsonl").status_code == 404
    score = make_score(make_checkpoint(), Recipe.objects.get(), 0.5)
    sha256 = kept([[line_of(0, ["Of country 0, of course."], 1.0)]], [1.0])
    Samples.objects.create(score=score, outcomes=[1.0], doc_hashes=["x"], raw_sha256=sha256)
    for name in ("answers.parquet", "answers.jsonl", "answers/0/"):
        refused = by_ann.get(f"/api/v1/scores/{score.pk}/{name}")
        assert refused.status_code == 403
        assert "kept closed" in refused.json()["error"]["message"]
    for address in (f"/scores/{score.pk}/answers/", f"/scores/{score.pk}/answers/0/"):
        page = by_ann.get(address).content.decode()
        assert "kept closed" in page
        assert "of course" not in page
