"""Runs, scores, benchmarks and recipes over the API."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from evaluations.actions.evaluate import evaluate
from evaluations.advice import advice_for
from evaluations.models import Run, Samples, Score
from hub.actions.create_token import create_token
from hub.models import User
from tests.evaluations.answering import kept, line_of
from tests.factories import make_board, make_checkpoint, make_recipe, make_run, make_variant
from tests.queries import assert_constant_queries
from tests.running import claimed_run

pytestmark = pytest.mark.django_db


def bearing(user: User, *scopes: str) -> APIClient:
    """A script with a token of `user`."""
    secret = create_token(user=user, name="test", scopes=scopes)[1]
    return APIClient(headers={"authorization": f"Bearer {secret}"})


def scored_run(**fields: Any) -> Run:
    run = make_run(state="published", **fields)
    for item in run.items.all():
        score = Score.objects.create(
            run=run,
            checkpoint=run.checkpoint,
            checkpoint_digest=run.checkpoint.digest,
            recipe=item.recipe,
            metric="acc",
            value=0.5,
            stderr=0.1,
            n=2,
        )
        Samples.objects.create(
            score=score,
            outcomes=[0.0, 1.0],
            doc_hashes=["a", "b"],
            raw_sha256=kept(
                [[line_of(number, [f"a{number}"], float(number)) for number in range(2)]],
                [0.0, 1.0],
            ),
        )
    return run


def test_a_script_asks_for_a_board_and_sees_its_place_in_the_queue(ann: User) -> None:
    make_board("small", [make_recipe(), make_recipe(queue="gpu")])
    checkpoint = make_checkpoint()
    client = bearing(ann, "evaluate")
    answer = client.post("/api/v1/runs/", {"checkpoint": checkpoint.pk, "board": "small"})
    assert answer.status_code == 201
    body = answer.json()
    assert {run["queue"] for run in body["runs"]} == {"cpu", "gpu"}
    assert body["already"] == []
    detail = client.get(f"/api/v1/runs/{body['runs'][0]['id']}/").json()
    assert detail["waiting"]["position"] == 1
    assert detail["stages"][0]["status"] == "current"
    assert [event["to_state"] for event in detail["events"]] == ["queued"]
    again = client.post("/api/v1/runs/", {"checkpoint": checkpoint.pk, "board": "small"})
    assert (again.status_code, again.json()["runs"], len(again.json()["already"])) == (200, [], 2)


def test_a_script_asks_for_recipes_by_digest(ann: User) -> None:
    recipe, checkpoint = make_recipe(), make_checkpoint()
    answer = bearing(ann, "evaluate").post(
        "/api/v1/runs/", {"checkpoint": checkpoint.pk, "recipes": [recipe.digest]}
    )
    assert answer.json()["runs"][0]["recipes"] == [recipe.digest]
    assert answer.json()["runs"][0]["checkpoint"]["digest"] == checkpoint.digest


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"checkpoint": 10**9}, "checkpoint"),
        ({"board": "nowhere"}, "board"),
        ({"board": None}, "board"),
        ({"board": "small", "recipes": ["x"]}, ""),
        ({}, ""),
    ],
)
def test_a_request_that_makes_no_sense_says_which_field(
    ann: User, changes: dict[str, object], field: str
) -> None:
    asked = {"checkpoint": make_checkpoint().pk, **changes}
    answer = bearing(ann, "evaluate").post("/api/v1/runs/", asked)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert field in error["fields"] if field else "board" in error["message"]
    assert not Run.objects.exists()


def test_a_token_needs_the_scope_and_a_visitor_a_token(ann: User, api: APIClient) -> None:
    run = make_run(requested_by=ann)
    for address in (
        "/api/v1/runs/",
        f"/api/v1/runs/{run.pk}/cancel/",
        f"/api/v1/runs/{run.pk}/retry/",
    ):
        assert bearing(ann, "contribute").post(address, {}).status_code == 403
        assert api.post(address, {}).status_code in {401, 403}
    run.refresh_from_db()
    assert run.state == "queued"


def test_cancel_then_retry(ann: User, sam: User) -> None:
    run = make_run(requested_by=ann)
    client, stranger = bearing(ann, "evaluate"), bearing(sam, "evaluate")
    assert stranger.post(f"/api/v1/runs/{run.pk}/cancel/", {}).status_code == 403
    answer = client.post(f"/api/v1/runs/{run.pk}/cancel/", {"why": "wrong one"})
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.json()["events"][-1]["why"] == "wrong one"
    assert (
        client.post(f"/api/v1/runs/{run.pk}/cancel/", {}).json()["error"]["code"] == "illegal_move"
    )
    assert stranger.post(f"/api/v1/runs/{run.pk}/retry/").status_code == 403
    again = client.post(f"/api/v1/runs/{run.pk}/retry/")
    assert (again.status_code, again.json()["retry_of"]) == (201, run.pk)
    assert again["Location"].endswith(f"/api/v1/runs/{again.json()['id']}/")


def test_a_failure_is_an_object_and_no_failure_is_null(api: APIClient) -> None:
    failed = make_run(
        state="failed",
        failure_stage="fetching",
        failure_code="origin_down",
        failure_message="No answer.",
        failure_whose="hub",
        log_tail="last words",
    )
    body = api.get(f"/api/v1/runs/{failed.pk}/").json()
    assert body["failure"] == {
        "stage": "fetching",
        "code": "origin_down",
        "message": "No answer.",
        "whose": "hub",
        "advice": advice_for("origin_down"),
        "excerpt": "last words",
    }
    assert (body["log_tail"], body["waiting"]) == ("last words", None)
    assert api.get(f"/api/v1/runs/{make_run().pk}/").json()["failure"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?state=queued", 1),
        ("?state=queued&state=failed", 2),
        ("?queue=gpu", 1),
        ("?variant=headwaters/brook", 1),
        ("?variant=headwaters", 0),
        ("?requested_by=ann", 1),
        ("?benchmark=sums", 0),
    ],
)
def test_runs_can_be_narrowed(api: APIClient, ann: User, query: str, count: int) -> None:
    make_run(make_checkpoint(make_variant("headwaters/brook")), requested_by=ann)
    make_run(state="failed", failure_code="x", failure_message="y")
    make_run(state="running", queue="gpu")
    assert len(api.get(f"/api/v1/runs/{query}").json()["results"]) == count


def test_a_published_score_carries_its_samples_and_raw_answers(api: APIClient) -> None:
    run = scored_run()
    [score] = api.get(f"/api/v1/scores/?run={run.pk}").json()["results"]
    assert (score["value"], score["recipe"]) == (0.5, run.recipes.get().digest)
    detail = api.get(f"/api/v1/scores/{score['id']}/").json()
    assert detail["samples"]["outcomes"] == [0.0, 1.0]
    raw = api.get(f"/api/v1/scores/{score['id']}/answers.jsonl")
    assert raw["Content-Type"] == "application/jsonl"
    assert b'"answers": ["a1"]' in b"".join(raw.streaming_content)  # type: ignore[attr-defined]
    whole = api.get(f"/api/v1/scores/{score['id']}/answers.parquet")
    assert b"".join(whole.streaming_content)[:4] == b"PAR1"  # type: ignore[attr-defined]


@pytest.mark.parametrize("narrowed", ["digest", "recipe", "benchmark", "variant", "checkpoint"])
def test_scores_can_be_narrowed(api: APIClient, narrowed: str) -> None:
    run, _ = scored_run(), scored_run()
    recipe = run.recipes.get()
    values = {
        "digest": run.checkpoint.digest,
        "recipe": recipe.digest,
        "benchmark": recipe.benchmark_version.benchmark.slug,
        "variant": run.checkpoint.variant.full_name,
        "checkpoint": str(run.checkpoint_id),
    }
    [score] = api.get("/api/v1/scores/", {narrowed: values[narrowed]}).json()["results"]
    assert score["run"] == run.pk


def test_benchmarks_and_recipes_can_be_read(api: APIClient) -> None:
    recipe = make_recipe()
    benchmark = recipe.benchmark_version.benchmark
    make_board("small", [recipe])
    assert api.get(f"/api/v1/benchmarks/{benchmark.slug}/").json()["versions"][0]["metric"] == "acc"
    assert api.get("/api/v1/benchmarks/").json()["results"][0]["slug"] == benchmark.slug
    assert api.get(f"/api/v1/recipes/{recipe.digest}/").json()["n_shot"] == 0
    assert len(api.get("/api/v1/recipes/?board=small").json()["results"]) == 1
    assert api.get("/api/v1/recipes/?board=other").json()["results"] == []
    assert api.get("/api/v1/recipes/unknown/").status_code == 404


@pytest.mark.parametrize(
    "name", ["api_run_list", "api_score_list", "api_recipe_list", "api_benchmark_list"]
)
def test_the_queries_of_a_list_do_not_grow_with_it(api: APIClient, name: str) -> None:
    def more() -> None:
        for _ in range(3):
            scored_run()

    def read() -> None:
        assert len(api.get(reverse(name)).json()["results"]) == Run.objects.count()

    more()
    assert_constant_queries(read, more)


@pytest.mark.django_db(transaction=True)
def test_a_finished_run_shows_versions_hardware_and_seconds(api: APIClient, tmp_path: Path) -> None:
    run = claimed_run()
    evaluate(run)
    body = api.get(f"/api/v1/runs/{run.pk}/").json()
    assert body["state"] == "published"
    assert body["versions"] == {"fast": "1"}
    assert body["timings"]["running"] >= 0
    assert [stage["status"] for stage in body["stages"]] == ["done"] * 6
    assert len(body["scores"]) == 1


def test_a_superseded_run_names_the_run_that_took_its_place(api: APIClient) -> None:
    newer = make_run(needs=["lm_eval 0.4.13"])
    older = make_run(state="superseded", superseded_by=newer)
    assert api.get(f"/api/v1/runs/{older.pk}/").json()["superseded_by"] == newer.pk
    assert api.get("/api/v1/runs/?state=superseded").json()["results"][0]["id"] == older.pk
    assert api.get(f"/api/v1/runs/{newer.pk}/").json()["needs"] == ["lm_eval 0.4.13"]
