"""Sending in results of one's own machine, by the form and by the API; what is shown of them to whom."""

import gzip
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contributions.models import Contribution
from contributions.proposals import KINDS
from evaluations.actions import upload_results as module
from evaluations.models import BenchmarkVersion, Claim, Upload
from evaluations.views import uploads as views
from hub.actions.create_token import create_token
from hub.models import Checkpoint, User
from hub.models.token import Scope
from hub.refusal import Refusal
from tests.evaluations.lm_eval_files import (
    known_score,
    make_upload,
    results_file,
    samples_file,
)
from tests.factories import make_checkpoint, make_user
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db

OUTCOMES = [1.0, 0.0, 1.0, 1.0]


@pytest.fixture
def checkpoint() -> Checkpoint:
    return make_checkpoint()


def files(checkpoint: Checkpoint, **changes: Any) -> list[SimpleUploadedFile]:
    name, samples = samples_file(OUTCOMES)
    results = results_file(OUTCOMES, commit=checkpoint.commit, **changes)
    return [
        SimpleUploadedFile("results_2026-11-23T10-00-00.json", results),
        SimpleUploadedFile(name, samples.read()),
    ]


def content_of(answer: Any) -> bytes:
    """Read to its end: that is when the test client closes the file."""
    return b"".join(answer)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_files_sent_by_the_form_are_checked_and_held_against_the_score(
    client: Client, sam: User, checkpoint: Checkpoint
) -> None:
    score = known_score(checkpoint, OUTCOMES)
    client.force_login(sam)
    path = f"/checkpoints/{checkpoint.pk}/upload/"
    assert checkpoint.commit[:12] in text_of(client.get(path))
    answer = client.post(path, {"files": files(checkpoint), "note": "On my <b>laptop</b>."})
    upload = Upload.objects.get()
    assert answer.headers["Location"] == upload.get_absolute_url()
    page = text_of(client.get(upload.get_absolute_url()))
    assert "Agrees" in page
    assert "Consistent" in page
    assert "On my &lt;b&gt;laptop&lt;/b&gt;." in page
    run = text_of(client.get(score.get_absolute_url()))
    assert "measured again 1 time by others, 1 agreed" in run
    assert upload.get_absolute_url() in run
    assert upload.get_absolute_url() in text_of(client.get("/uploads/"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"row": {"acc,none": 0.9}}, "but its samples give 0.75"),
        ({"config": {"model_sha": "e" * 40}}, "commit eeeeeeeeeeee was measured, not this one"),
    ],
)
def test_a_form_that_is_refused_says_why_beside_the_files(
    client: Client, sam: User, checkpoint: Checkpoint, changes: dict[str, Any], says: str
) -> None:
    client.force_login(sam)
    sent = {"files": files(checkpoint, **changes), "note": "kept"}
    answer = client.post(f"/checkpoints/{checkpoint.pk}/upload/", sent)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert "kept" in text_of(answer)
    assert not Upload.objects.exists()


def test_one_results_file_has_to_be_there(
    client: Client, sam: User, checkpoint: Checkpoint
) -> None:
    client.force_login(sam)
    path = f"/checkpoints/{checkpoint.pk}/upload/"
    assert "exactly one results file" in text_of(
        client.post(path, {"files": files(checkpoint)[1:]})
    )
    assert client.post(path, {}).status_code == 400


def test_a_body_that_is_too_large_is_refused_unread(
    client: Client, sam: User, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LARGEST_UPLOAD", 100)
    client.force_login(sam)
    answer = client.post(f"/checkpoints/{checkpoint.pk}/upload/", {"files": files(checkpoint)})
    assert answer.status_code == 413


def test_the_form_is_guarded_against_forgery(sam: User, checkpoint: Checkpoint) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sam)
    answer = strict.post(f"/checkpoints/{checkpoint.pk}/upload/", {"files": files(checkpoint)})
    assert answer.status_code == 403
    assert not Upload.objects.exists()


def test_a_script_sends_the_same_and_reads_what_came_of_it(
    client: Client, sam: User, checkpoint: Checkpoint
) -> None:
    score = known_score(checkpoint, OUTCOMES)
    token = create_token(user=sam, name="script", scopes=[Scope.EVALUATE])[1]
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/checkpoints/{checkpoint.pk}/uploads/"
    answer = client.post(path, {"files": files(checkpoint)}, headers=headers)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["uploaded_by"] == "sam"
    assert body["replications"][0] | {"recorded_at": ""} == {
        "score": score.pk,
        "run": None,
        "upload": body["id"],
        "recipe": score.recipe.digest,
        "value": 0.75,
        "stderr": 0.25,
        "n": 4,
        "changed": 0,
        "agrees": True,
        "requested_by": "sam",
        "recorded_at": "",
    }
    assert client.get(f"/api/v1/uploads/{body['id']}/").json() == body
    refused = client.post(path, {"files": files(checkpoint)}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "already_here")


def test_files_are_given_back_as_they_came(
    client: Client, sam: User, checkpoint: Checkpoint
) -> None:
    upload = make_upload(checkpoint, sam, OUTCOMES)
    path = upload.get_absolute_url()
    assert json.loads(content_of(client.get(f"{path}results.json")))["lm_eval_version"] == "0.4.13"
    lines = gzip.decompress(content_of(client.get(f"{path}samples_sums.jsonl.gz")))
    assert lines.count(b"\n") == len(OUTCOMES)
    assert client.get(f"{path}samples_other.jsonl.gz").status_code == 404


def test_answers_to_a_confidential_benchmark_are_for_who_sent_them_and_maintainers(
    client: Client, sam: User, ben: User, cleo: User, checkpoint: Checkpoint
) -> None:
    known_score(checkpoint, OUTCOMES)
    upload = make_upload(checkpoint, sam, OUTCOMES)
    BenchmarkVersion.objects.update(confidential=True)
    path = f"{upload.get_absolute_url()}samples_sums.jsonl.gz"
    seen = {}
    for person in (None, ben, sam, cleo):
        if person:
            client.force_login(person)
        answer = client.get(path)
        content_of(answer)
        seen[person and person.username] = answer.status_code
    assert seen == {None: 404, "ben": 404, "sam": 200, "cleo": 200}
    client.logout()
    assert "confidential benchmark" in text_of(client.get(upload.get_absolute_url()))


def test_numbers_of_an_upload_become_traced_claims(
    client: Client, sam: User, checkpoint: Checkpoint
) -> None:
    upload = make_upload(checkpoint, sam, OUTCOMES)
    kind = KINDS["report_score"]
    payload = kind.clean(kind.prepare({"upload": str(upload.pk)}))
    contribution = Contribution(pk=1, author=sam)
    kind.apply(actor=sam, contribution=contribution, payload=payload, findings={})
    claim = Claim.objects.get()
    assert (claim.upload, claim.value, claim.revision) == (upload, 0.75, checkpoint.commit)
    assert "Traced" in text_of(client.get("/claims/?traced=true"))
    assert client.get(f"/api/v1/claims/{claim.pk}/").json()["tier"] == "traced"


def test_an_upload_that_does_not_hold_the_number_does_not_back_it(
    sam: User, checkpoint: Checkpoint
) -> None:
    kind = KINDS["report_score"]
    payload = dict(kind.prepare({"upload": str(make_upload(checkpoint, sam, OUTCOMES).pk)}))
    payload["numbers"][0]["value"] = 0.99
    with pytest.raises(Refusal) as refused:
        kind.clean(payload)
    assert "hold no 0.99" in refused.value.fields["upload"][0]


def test_the_queries_of_the_list_do_not_grow_with_it(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST_A_DAY", 1000)

    def more() -> None:
        make_upload(make_checkpoint(), make_user())

    assert_constant_queries(lambda: client.get("/uploads/"), more)
    assert_constant_queries(lambda: client.get("/api/v1/uploads/"), more)
