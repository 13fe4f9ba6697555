"""The whole story in one test: a script submits, people review, the harness measures, the board shows it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from contributions.actions.check import run_check
from contributions.models import Check
from evaluations.actions.evaluate import evaluate
from evaluations.actions.rank import rank_board
from evaluations.actions.seed import seed_suites
from evaluations.actions.start import claim_next
from evaluations.models import Board, Run, Score
from hub.actions.create_token import create_token
from hub.actions.host_repository import host_repository
from hub.models import User
from hub.models.token import Scope
from tests.toys import HARNESS_PYTHON, micro_model

pytestmark = pytest.mark.django_db(transaction=True)
BOARD = "tributary-demo"


def script_of(person: User) -> APIClient:
    """A client as a script has it: a token, nothing else."""
    _, secret = create_token(user=person, name="script", scopes=list(Scope.values))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def posted(client: APIClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post(f"/api/v1/{path}", body, format="json")
    assert response.status_code in {200, 201}, response.content
    return dict(response.json())


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.STORE_DIR = tmp_path / "store"
    settings.STATE_DIR = tmp_path
    settings.HARNESS_PYTHON = HARNESS_PYTHON


@pytest.mark.usefixtures("site")
def test_a_variant_goes_in_through_the_api_and_its_scores_stand_on_the_board(
    ann: User, ben: User, cleo: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seed_suites()
    model = micro_model(tmp_path_factory)
    host_repository(folder=model, owner="headwaters", name="micro")
    author, reviewer, maintainer = script_of(ann), script_of(ben), script_of(cleo)

    known = posted(
        author, "contributions/prefill/", {"kind": "add_variant", "repo_id": "headwaters/micro"}
    )
    assert known["payload"]["licence"] == "apache-2.0"
    assert known["payload"]["architecture"] == "LlamaForCausalLM"
    proposed = {"kind": "add_variant", "payload": known["payload"], "sign_off": True}
    made = posted(author, "contributions/", proposed)
    number = made["number"]

    for check in Check.objects.order_by("pk"):
        run_check(check_id=check.pk, worker="test")
    assert set(Check.objects.values_list("state", flat=True)) <= Check.GREEN

    posted(reviewer, f"contributions/{number}/reviews/", {"head": 1, "verdict": "approve"})
    merged = posted(maintainer, f"contributions/{number}/merge/", {"head": 1})
    assert merged["state"] == "merged"

    run = claim_next(queue="cpu", worker="test")
    assert run is not None
    evaluate(run)
    run.refresh_from_db()
    assert run.state == "published", run.failure_message
    rank_board(Board.objects.get(slug=BOARD))

    rows = APIClient().get(f"/api/v1/boards/{BOARD}/standings/").json()["results"]
    assert [row["variant"] for row in rows] == ["headwaters/micro"]
    assert rows[0]["rank"] == 1
    recorded = {score.value for score in Score.objects.all()}
    assert {score["value"] for score in rows[0]["scores"].values()} == recorded
    assert len(recorded) == 3

    # Every number has a door: checkpoint, recipe, versions and per-sample outcomes are there.
    weights = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    assert weights in {file["sha256"] for file in run.checkpoint.files}
    assert run.versions["lm_eval"] == "0.4.13"
    for score in Score.objects.select_related("samples"):
        assert len(score.samples.outcomes) == score.n > 0

    # The same bytes under the same recipes are never computed twice.
    again = posted(maintainer, "runs/", {"checkpoint": run.checkpoint_id, "board": BOARD})
    assert Run.objects.count() == 1, again
    page = APIClient().get(f"/boards/{BOARD}/").content.decode()
    assert "headwaters" in page
    assert "micro" in page
