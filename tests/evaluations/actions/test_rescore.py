"""A newer scorer judges kept answers: the real harness, and no model but where one is held against it."""

from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now

from evaluations import judging
from evaluations.actions.cancel_rescoring import cancel_rescoring
from evaluations.actions.evaluate import evaluate
from evaluations.actions.next_board import next_board
from evaluations.actions.publish_benchmark import COMMUNITY
from evaluations.actions.put_back_rescoring import release_rescorings
from evaluations.actions.rank import rank_board
from evaluations.actions.request import request_runs
from evaluations.actions.request_rescoring import request_rescoring
from evaluations.actions.rescore import claim_rescoring, rescore
from evaluations.actions.seed import seed_suites
from evaluations.actions.start import claim_next
from evaluations.actions.sweep_rescorings import sweep_rescorings
from evaluations.harness.protocol import HarnessFailure, Report
from evaluations.models import Benchmark, Board, Recipe, Rescoring, RunItem, Samples, Score
from evaluations.rescoring import newer_scorer
from evaluations.suites.loader import load_suites
from evaluations.tasks import sweep
from hub import store
from hub.celery import release_hooks
from hub.lease import from_now
from hub.manifest import FileRow, Manifest
from hub.models import Checkpoint, User
from hub.queue import send
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.evaluations.rescorings import (
    TARGETS,
    answered,
    judged_again,
    publish,
    recipe_of,
    sums,
    three_answers,
    worked_off,
)
from tests.factories import (
    make_benchmark_version,
    make_checkpoint,
    make_recipe,
    make_run,
    make_score,
)
from tests.running import eventually, running_worker
from tests.toys import micro_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_broker() -> None:
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


def real_checkpoint(folder: Path, salt: str = "") -> Checkpoint:
    """The files of a real model in the store; with `salt` one more, so that they are other bytes."""
    files: list[FileRow] = [
        {"path": path.name, "size": path.stat().st_size, "sha256": store.default().add_file(path)}
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]
    if salt:
        digest = store.default().add_bytes(salt.encode())
        files.append({"path": "notes.txt", "size": len(salt), "sha256": digest})
    return make_checkpoint(manifest=Manifest.of("0" * 40, files, parameters=1, dtype="float32"))


def measured(actor: User, checkpoint: Checkpoint, recipe: Recipe) -> Score:
    [run] = request_runs(actor=actor, checkpoint=checkpoint, recipes=[recipe])
    claimed = claim_next(queue=run.queue, worker="here")
    assert claimed is not None
    evaluate(claimed)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.failure_message) == ("published", "")
    return Score.objects.get(checkpoint=checkpoint, recipe=recipe)


ASKED: dict[str, dict[str, Any]] = {
    "tributary-capitals": {"limit": 20},
    "tributary-arithmetic": {
        "limit": 10,
        "apply_chat_template": True,
        "seeds": [3, 4],
        "repeats": 2,
        "generation": {"do_sample": True, "temperature": 1.0, "max_gen_toks": 8},
    },
}


def facts(score: Score) -> list[Any]:
    kept = score.samples
    return [
        (score.value, score.stderr, score.stderr_kind, score.n, score.clusters, score.task_hash),
        (kept.outcomes, kept.doc_hashes, kept.weights, kept.clusters),
    ]


def test_a_rescored_score_is_what_a_new_run_of_the_model_scores(
    cleo: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    micro = micro_model(tmp_path_factory)
    # Of twenty training steps it writes nothing but colons.
    targets = [":::", "::", ":::", "5", ":::", "6"]
    old = recipe_of(publish(targets=targets))
    was = measured(cleo, real_checkpoint(micro), old)
    new = recipe_of(publish(sums(scoring="regex", pattern=":{3}"), targets=targets))
    rescoring = judged_again(cleo, old)
    assert (rescoring.state, rescoring.to_recipe) == ("done", new)
    again = Score.objects.get(recipe=new)
    expected = measured(cleo, real_checkpoint(micro, salt="the same model"), new)
    assert facts(again) == facts(expected)
    assert (was.value, again.value) == (0.0, 0.5)
    assert (again.rescore_of, again.run, again.also) == (was, was.run, was.also)
    assert again.also == {"truncated,none": 1.0}
    assert Score.objects.get(pk=was.pk).value == 0.0


def test_the_projects_own_tasks_are_judged_again_without_weights(
    cleo: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Choices, and answers drawn under two seeds through the model's chat template."""
    checkpoint = real_checkpoint(micro_model(tmp_path_factory))
    olds, news = {}, {}
    for slug, asked in ASKED.items():
        found = load_suites().benchmark(slug)
        fields = {
            "task": found.task,
            "task_file": found.task_file,
            "metric": found.metric,
            "filter": found.filter,
            "cluster_by": found.cluster_by,
        }
        # The files are those of the second version; an older hub had others for the first.
        version = make_benchmark_version(slug, digest="0" * 64, **fields)
        olds[slug] = make_recipe(version, **asked)
        newer = make_benchmark_version(slug, version="2", digest=found.digest, **fields)
        news[slug] = make_recipe(newer, **asked)
    was = {slug: measured(cleo, checkpoint, recipe) for slug, recipe in olds.items()}
    for row in checkpoint.files:
        if row["path"].endswith(".safetensors"):
            store.default().path_of(row["sha256"]).unlink()
    for slug, old in olds.items():
        done = judged_again(cleo, old)
        assert (done.state, done.report["refused"]) == ("done", [])
        again = Score.objects.get(recipe=news[slug])
        assert facts(again) == facts(was[slug])
        assert again.also == was[slug].also


def test_the_boards_go_to_the_new_recipe_and_the_report_says_what_moved(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    # A board of a maintainer's own shows the old recipe until then; the community's goes on by itself.
    own = next_board(
        slug="own",
        columns=[(old, "Sums", 2.0)],
        title="Own",
        question="Who can add?",
        description="",
        automatic=False,
    )
    new = recipe_of(publish(sums(scoring="number")))
    rescoring = judged_again(cleo, old)
    after = Board.objects.get(slug="own", current=True)
    assert after.version == own.version + 1
    [column] = after.columns.all()
    assert (column.recipe, column.label, column.weight) == (new, "Sums", 2.0)
    assert [board.columns.get().recipe for board in Board.objects.filter(slug="own")] == [old, new]
    ranks = {row.name: row.rank for row in after.standings.all()}
    assert ranks == {"commas": 1, "plain": 2, "short": 3}
    report = rescoring.report
    assert report["scores"] == {"n": 3, "up": 1, "down": 0, "same": 2}
    [moved] = report["moved"]
    assert moved["variant"] == "headwaters/commas"
    assert moved["value"] == [0.0, 1.0]
    assert (moved["delta"], moved["low"], moved["high"]) == (1.0, 1.0, 1.0)
    assert (moved["higher"], moved["lower"], moved["n"]) == (6, 0, 6)
    community, mine = report["boards"]
    assert (community["slug"], community["before"], community["after"]) == (COMMUNITY, 1, 2)
    assert (mine["slug"], mine["before"], mine["after"], mine["count"], mine["left_out"]) == (
        "own", own.version, after.version, 3, 0,
    )  # fmt: skip
    assert {row["variant"]: row["rank"] for row in mine["moved"]} == {
        "headwaters/commas": [3, 1],
        "headwaters/plain": [1, 2],
        "headwaters/short": [2, 3],
    }
    assert Board.objects.filter(slug="own").count() == 2


def test_where_the_hubs_own_code_judges_otherwise_a_next_version_is_made(cleo: User) -> None:
    version = publish(held_out=True)
    old = recipe_of(version)
    was = three_answers(old)
    # As if it had been published by an older hub, whose code had another digest.
    type(version).objects.filter(pk=version.pk).update(digest="0" * 64)
    rescoring = judged_again(cleo, old)
    new = rescoring.to_recipe.benchmark_version
    assert (new.version, new.task) == ("2", "community_sums_2")
    assert (new.confidential, new.definition) == (True, version.definition)
    assert rescoring.to_recipe.rescores == old
    for score in was.values():
        [again] = score.rescores.all()
        assert again.value == score.value
        assert again.samples.outcomes == score.samples.outcomes
    assert rescoring.report["scores"] == {"n": 3, "up": 0, "down": 0, "same": 3}
    assert rescoring.report["moved"] == []
    board = Board.objects.get(slug=COMMUNITY, current=True)
    assert [column.recipe for column in board.columns.all()] == [rescoring.to_recipe]
    # Nothing goes back: not another benchmark's merge, not a start of the site.
    publish(slug="others", name="Others")
    seed_suites()
    board = Board.objects.get(slug=COMMUNITY, current=True)
    assert rescoring.to_recipe in [column.recipe for column in board.columns.all()]
    assert old not in [column.recipe for column in board.columns.all()]
    with pytest.raises(Refusal) as refused:
        request_rescoring(actor=cleo, recipe=rescoring.to_recipe, why="Once more.")
    assert refused.value.code == "unchanged"


def test_answers_that_cannot_be_judged_are_named_and_the_rest_is_judged(cleo: User) -> None:
    old = recipe_of(publish())
    was = three_answers(old)
    Samples.objects.filter(score=was["short"]).update(raw_sha256="")
    long = answered(old, "long", [" 1000", "7" * (1 << 20) + "7", *[" no"] * 4])
    bare = make_score(make_checkpoint(), old, 0.5)
    rescored_run = make_run(checkpoint=make_checkpoint(), recipes=[old])
    publish(sums(scoring="number"))
    rescoring = judged_again(cleo, old)
    assert rescoring.state == "done"
    refused = {told["score"]: told["why"] for told in rescoring.report["refused"]}
    assert set(refused) == {was["short"].pk, long.pk, bare.pk}
    assert refused[was["short"].pk] == "Its answers were not kept."
    assert "was cut for its size" in refused[long.pk]
    assert (rescoring.done, rescoring.total) == (5, 5)
    assert Score.objects.filter(recipe=rescoring.to_recipe).count() == 2
    assert rescored_run.state == "queued"


def test_where_no_score_can_be_made_the_boards_stay_and_it_says_why(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    board = next_board(
        slug="own",
        columns=[(old, "Sums", 1.0)],
        title="Own",
        question="",
        description="",
        automatic=False,
    )
    publish(sums(scoring="number"))
    Samples.objects.update(raw_sha256="")
    rescoring = judged_again(cleo, old)
    assert rescoring.state == "failed"
    assert rescoring.failure_message == "No score could be made. Its answers were not kept."
    assert Board.objects.get(slug="own", current=True) == board


def test_another_gold_answer_is_another_scorer(cleo: User) -> None:
    """The question stays what it was: wrong keys are the commonest mistake of benchmarks."""
    old = recipe_of(publish())
    three_answers(old)
    publish(targets=["7", *TARGETS[1:]])
    rescoring = judged_again(cleo, old)
    assert {told["variant"]: told["value"] for told in rescoring.report["moved"]} == {
        "headwaters/plain": [pytest.approx(4 / 6), pytest.approx(3 / 6)],
        "headwaters/short": [pytest.approx(2 / 6), pytest.approx(1 / 6)],
    }


def test_who_measures_the_new_recipe_itself_is_left_to_it(cleo: User) -> None:
    old = recipe_of(publish())
    was = three_answers(old)
    new = recipe_of(publish(sums(scoring="number")))
    [run] = request_runs(actor=cleo, checkpoint=was["plain"].checkpoint, recipes=[new])
    rescoring = judged_again(cleo, old)
    [told] = rescoring.report["anew"]
    assert (told["score"], told["why"]) == (
        was["plain"].pk,
        f"Run {run.pk} measures it under the new recipe.",
    )
    assert Score.objects.filter(recipe=new).count() == 2
    assert RunItem.objects.filter(recipe=new).count() == 3


def test_a_killed_worker_costs_nothing_and_no_score_is_made_twice(
    cleo: User, tmp_path: Path
) -> None:
    old = recipe_of(publish())
    was = [answered(old, f"brook-{number}", [" 1,000", *[" no"] * 5]) for number in range(12)]
    publish(sums(scoring="number"))
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    with running_worker(folder=tmp_path) as worker:
        send("evaluations.rescore", queue="cpu")
        eventually(lambda: Rescoring.objects.get(pk=asked.pk).done >= 2)
        worker.kill()
    cut = Rescoring.objects.get(pk=asked.pk)
    assert (cut.state, cut.attempt) == ("running", 1)
    made = set(Score.objects.filter(recipe=asked.to_recipe).values_list("pk", flat=True))
    assert 2 <= len(made) < 12
    Rescoring.objects.filter(pk=asked.pk).update(lease_until=from_now(-1))
    sweep()
    done = worked_off(asked)
    assert (done.state, done.attempt, done.done) == ("done", 2, 12)
    assert [score.rescores.count() for score in was] == [1] * 12
    assert made < set(Score.objects.filter(recipe=asked.to_recipe).values_list("pk", flat=True))
    assert {score.rescores.get().value for score in was} == {1 / 6}


def test_asked_for_again_it_judges_what_was_left(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    judged_again(cleo, old)
    answered(old, "late", [" 1,000", *[" no"] * 5])
    again = judged_again(cleo, old)
    assert (again.state, again.report["scores"]["n"]) == ("done", 4)
    assert Score.objects.filter(recipe=again.to_recipe).count() == 4


def test_trouble_that_passes_is_tried_again_and_not_for_ever(
    cleo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = recipe_of(publish())
    was = three_answers(old)
    publish(sums(scoring="number"))
    judge = judging.judge

    def sometimes(score: Score, *args: Any, **options: Any) -> Report:
        if score == was["plain"]:
            raise HarnessFailure("unavailable", "The storage of answers is away.")
        return judge(score, *args, **options)

    monkeypatch.setattr("evaluations.actions.rescore.judge", sometimes)
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    states = [worked_off(asked).state for _ in range(3)]
    assert states == ["queued", "queued", "failed"]
    failed = Rescoring.objects.get(pk=asked.pk)
    assert failed.failure_message == "The storage of answers is away."
    assert (failed.done, failed.total) == (2, 3)
    monkeypatch.undo()
    assert judged_again(cleo, old).state == "done"
    assert Score.objects.filter(recipe=asked.to_recipe).count() == 3


@pytest.mark.parametrize("held_out", [True, False])
def test_what_a_breaking_scorer_says_of_closed_answers_stays_closed(
    cleo: User, monkeypatch: pytest.MonkeyPatch, held_out: bool
) -> None:
    version = publish(held_out=held_out)
    old = recipe_of(version)
    was = three_answers(old)
    type(version).objects.filter(pk=version.pk).update(digest="0" * 64)
    judge = judging.judge

    def breaks_on_one(score: Score, *args: Any, **options: Any) -> Report:
        if score == was["commas"]:
            raise HarnessFailure("harness_crashed", "ValueError: ' 1,000' is no number.")
        return judge(score, *args, **options)

    monkeypatch.setattr("evaluations.actions.rescore.judge", breaks_on_one)
    [told] = judged_again(cleo, old).report["refused"]
    assert ("1,000" in told["why"]) is not held_out
    assert told["why"]


def test_a_cancel_stops_the_worker_and_nothing_more_is_written(
    cleo: User, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    with pytest.raises(PermissionDenied):
        cancel_rescoring(actor=ann, rescoring=asked)
    judge = judging.judge

    def cancelled_meanwhile(*args: Any, **options: Any) -> Report:
        found = judge(*args, **options)
        cancel_rescoring(actor=cleo, rescoring=Rescoring.objects.get(pk=asked.pk))
        return found

    monkeypatch.setattr("evaluations.actions.rescore.judge", cancelled_meanwhile)
    assert worked_off(asked).state == "cancelled"
    assert not Score.objects.filter(recipe=asked.to_recipe).exists()
    with pytest.raises(IllegalMove):
        cancel_rescoring(actor=cleo, rescoring=Rescoring.objects.get(pk=asked.pk))


def test_the_child_of_a_cancelled_rescoring_is_stopped(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    claimed = claim_rescoring(worker="here")
    assert claimed is not None
    cancel_rescoring(actor=cleo, rescoring=asked)
    rescore(claimed)
    assert Rescoring.objects.get(pk=asked.pk).state == "cancelled"
    assert not Score.objects.filter(recipe=asked.to_recipe).exists()


def test_a_worker_that_stops_hands_back_and_nobody_else_notices(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    assert claim_rescoring(worker="there") is not None
    assert claim_rescoring(worker="here") is None
    assert release_rescorings in release_hooks
    assert release_rescorings("here") == 0
    assert release_rescorings("there") == 1
    back = Rescoring.objects.get(pk=asked.pk)
    assert (back.state, back.attempt) == ("queued", 0)
    assert worked_off(asked).state == "done"


def test_what_nobody_was_told_about_is_announced_once(cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    asked = request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    assert sweep_rescorings() == 0
    Rescoring.objects.filter(pk=asked.pk).update(sent_at=None)
    assert sweep_rescorings() == 1
    assert sweep_rescorings() == 0
    assert Rescoring.objects.filter(pk=asked.pk, sent_at__lte=Now()).exists()


def test_only_maintainers_ask_and_say_why(cleo: User, ben: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    with pytest.raises(PermissionDenied):
        request_rescoring(actor=ben, recipe=old, why="Commas are not wrong.")
    with pytest.raises(Refusal) as refused:
        request_rescoring(actor=cleo, recipe=old, why=" ")
    assert refused.value.code == "why_missing"
    request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    with pytest.raises(Refusal) as refused:
        request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    assert refused.value.code == "under_way"


def test_a_recipe_without_scores_has_nothing_to_judge(cleo: User) -> None:
    old = recipe_of(publish())
    publish(sums(scoring="number"))
    with pytest.raises(Refusal) as refused:
        request_rescoring(actor=cleo, recipe=old, why="Commas are not wrong.")
    assert refused.value.code == "nothing"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "Q: {{question}}\nA:"}, "other_protocol"),
        ({"stop": ("\n", ".")}, "other_protocol"),
        ({"max_tokens": 7}, "other_protocol"),
        ({"scoring": "number"}, ""),
        ({"ignore_case": True}, ""),
    ],
)
def test_another_protocol_of_a_contributed_benchmark_is_no_newer_scorer(
    changes: dict[str, Any], code: str
) -> None:
    old = recipe_of(publish())
    publish(sums(**changes))
    newer = newer_scorer(old)
    assert newer is not None
    assert (newer.obstacle.code if newer.obstacle else "") == code


def test_closed_answers_are_not_opened_by_a_newer_version() -> None:
    old = recipe_of(publish(held_out=True))
    publish(sums(scoring="number"))
    newer = newer_scorer(old)
    assert newer is not None
    assert newer.obstacle is not None
    assert newer.obstacle.code == "would_open"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"harness": "inspect"}, "other_harness"),
        ({"needs": ["code_sandbox"]}, "runs_code"),
        ({"task_file": "demo/tributary_capitals.yaml"}, "not_here"),
        ({"task_file": "demo/gone.yaml"}, "not_here"),
    ],
)
def test_what_cannot_be_judged_here_says_so(fields: dict[str, Any], code: str) -> None:
    first = make_benchmark_version("words", **fields)
    recipe = make_recipe(first, harness_version="0.4.13")
    Benchmark.objects.get(slug="words").versions.create(
        version="2",
        task=first.task,
        digest="1" * 64,
        metric=first.metric,
        harness=first.harness,
        task_file=first.task_file,
        needs=first.needs,
        unit=first.unit,
    )
    newer = newer_scorer(recipe)
    assert newer is not None
    assert newer.obstacle is not None
    assert newer.obstacle.code == code


def test_a_scorer_that_is_what_it_was_is_refused(cleo: User) -> None:
    old = recipe_of(publish())
    board = Board.objects.get(slug=COMMUNITY)
    rank_board(board)
    with pytest.raises(Refusal) as refused:
        request_rescoring(actor=cleo, recipe=old, why="Once more.")
    assert refused.value.code == "unchanged"
