"""What somebody measured elsewhere: checked, kept, and held against the hub's own."""

import io
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from evaluations.actions import upload_results as module
from evaluations.actions.upload_results import upload_results
from evaluations.models import Replication, Upload
from evaluations.tiers import MEASURED, REPLICATED, spreads_of
from hub import store
from hub.models import Checkpoint, User
from hub.refusal import Refusal
from tests.evaluations.lm_eval_files import known_score, results_file, samples_file
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe, make_user

pytestmark = pytest.mark.django_db

OUTCOMES = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
OTHERS = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]


@pytest.fixture
def checkpoint() -> Checkpoint:
    return make_checkpoint()


def send(actor: User, checkpoint: Checkpoint, outcomes: list[float], **changes: Any) -> Upload:
    results = results_file(outcomes, **({"commit": checkpoint.commit} | changes))
    return upload_results(
        actor=actor, checkpoint=checkpoint, results=results, samples=[samples_file(outcomes)]
    )


def codes(upload: Upload) -> set[str]:
    return {each["code"] for each in upload.findings}


def test_the_same_answers_replicate_a_score_and_leave_it_as_it_is(
    sam: User, checkpoint: Checkpoint
) -> None:
    score = known_score(checkpoint, OUTCOMES)
    assert spreads_of([score])[score.pk].tier == MEASURED
    upload = send(sam, checkpoint, OUTCOMES)
    again = upload.replications.get()
    assert (again.score, again.run, again.agrees, again.changed) == (score, None, True, 0)
    assert (again.value, again.requested_by) == (score.value, sam)
    score.refresh_from_db()
    assert score.value == pytest.approx(4 / 6)
    spread = spreads_of([score])[score.pk]
    assert (spread.tier, spread.count, spread.agreed) == (REPLICATED, 2, 1)


def test_other_answers_within_the_error_agree_and_are_counted(
    sam: User, checkpoint: Checkpoint
) -> None:
    score = known_score(checkpoint, OUTCOMES)
    again = send(sam, checkpoint, OTHERS).replications.get()
    assert (again.agrees, again.changed) == (True, 1)
    spread = spreads_of([score])[score.pk]
    assert (spread.low, spread.high) == (3 / 6, score.value)
    assert spread.spread == pytest.approx(abs(score.value - 0.5) / 2**0.5)


def test_a_number_far_from_the_known_one_is_called_out(sam: User, checkpoint: Checkpoint) -> None:
    known_score(checkpoint, [1.0] * 20 + [0.0] * 2)
    upload = send(sam, checkpoint, [0.0] * 20 + [1.0] * 2)
    assert "outlier" in codes(upload)
    assert upload.replications.get().agrees is False


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"n-shot": {"sums": 5}}, "5 examples instead of 0"),
        ({"chat_template_sha": "a" * 64}, "chat template"),
        ({"system_instruction_sha": "a" * 64}, "system prompt"),
        ({"task_hashes": {"sums": "b" * 64}}, "prompts"),
        ({"task_config": {"repeats": 4}}, "4 answers a question instead of 1"),
        (
            {"task_config": {"generation_kwargs": {"temperature": 1.0}}},
            "temperature 1.0 instead of 0.6",
        ),
    ],
)
def test_another_protocol_replicates_nothing_and_says_what_differs(
    sam: User, checkpoint: Checkpoint, changes: dict[str, Any], differs: str
) -> None:
    version = make_benchmark_version("sums", task="sums")
    known_score(checkpoint, OUTCOMES, recipe=make_recipe(version, generation={"temperature": 0.6}))
    upload = send(sam, checkpoint, OUTCOMES, **changes)
    assert not upload.replications.exists()
    [finding] = [each for each in upload.findings if each["code"] == "other_protocol"]
    assert differs in finding["message"]


def test_other_tools_are_named_and_still_replicate(sam: User, checkpoint: Checkpoint) -> None:
    known_score(checkpoint, OUTCOMES)
    upload = send(sam, checkpoint, OUTCOMES, config={"model_dtype": "torch.bfloat16"})
    assert codes(upload) == {"other_tools"}
    assert upload.replications.count() == 1


def test_sampled_answers_that_are_all_the_same_look_copied(
    sam: User, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluations.uploads.comparison.SUSPICIOUS", 6)
    sampled = make_recipe(
        make_benchmark_version("sums", task="sums"), generation={"do_sample": True}
    )
    known_score(checkpoint, OUTCOMES, recipe=sampled)
    assert "too_alike" in codes(send(sam, checkpoint, OUTCOMES))
    assert "too_alike" not in codes(send(sam, checkpoint, OTHERS))


def test_whoever_asked_for_the_first_run_replicates_nothing(
    ann: User, checkpoint: Checkpoint
) -> None:
    known_score(checkpoint, OUTCOMES, asked_by=ann)
    assert not send(ann, checkpoint, OUTCOMES).replications.exists()


def test_the_same_bytes_under_another_commit_are_the_same_thing(
    sam: User, checkpoint: Checkpoint
) -> None:
    known_score(checkpoint, OUTCOMES)
    twin = make_checkpoint(checkpoint.variant)
    Checkpoint.objects.filter(pk=twin.pk).update(digest=checkpoint.digest)
    assert send(sam, checkpoint, OUTCOMES, commit=twin.commit).replications.count() == 1


def test_the_files_are_kept_as_they_came(sam: User, checkpoint: Checkpoint) -> None:
    upload = send(sam, checkpoint, OUTCOMES)
    assert store.default().has(upload.results_sha256)
    assert store.default().has(upload.samples["sums"])
    assert upload.facts["lm_eval"] == "0.4.13"


def test_files_that_belie_themselves_leave_nothing(sam: User, checkpoint: Checkpoint) -> None:
    with pytest.raises(Refusal) as refused:
        send(sam, checkpoint, OUTCOMES, row={"acc,none": 0.99})
    assert refused.value.code == "inconsistent"
    assert "its samples give 0.666667" in refused.value.fields["files"][0]
    assert not Upload.objects.exists()


def test_two_files_of_one_task_are_refused(sam: User, checkpoint: Checkpoint) -> None:
    sent = [samples_file(OUTCOMES), samples_file(OTHERS)]
    with pytest.raises(Refusal, match="two files"):
        upload_results(
            actor=sam,
            checkpoint=checkpoint,
            results=results_file(OUTCOMES, commit=checkpoint.commit),
            samples=sent,
        )


def test_twice_is_once(sam: User, ben: User, checkpoint: Checkpoint) -> None:
    known_score(checkpoint, OUTCOMES)
    send(sam, checkpoint, OUTCOMES)
    with pytest.raises(Refusal, match="already"):
        send(sam, checkpoint, OUTCOMES)
    send(ben, checkpoint, OUTCOMES)
    assert Replication.objects.count() == 2


def test_programs_do_not_upload_and_nobody_floods(
    sam: User, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermissionDenied):
        send(make_user(is_bot=True), checkpoint, OUTCOMES)
    monkeypatch.setattr(module, "MOST_A_DAY", 1)
    send(sam, checkpoint, OUTCOMES)
    with pytest.raises(Refusal, match="At most 1"):
        send(sam, checkpoint, OTHERS)
    assert Upload.objects.count() == 1


def test_without_samples_only_values_are_held_against_each_other(
    sam: User, checkpoint: Checkpoint
) -> None:
    known_score(checkpoint, OUTCOMES)
    results = results_file(OTHERS, commit=checkpoint.commit)
    upload = upload_results(actor=sam, checkpoint=checkpoint, results=results)
    assert codes(upload) == {"no_samples"}
    assert upload.replications.get().changed == 0


def test_unreadable_files_say_why(sam: User, checkpoint: Checkpoint) -> None:
    with pytest.raises(Refusal, match="not JSON") as refused:
        upload_results(actor=sam, checkpoint=checkpoint, results=b"no", samples=[])
    assert refused.value.code == "unreadable"
    with pytest.raises(Refusal, match="not called"):
        upload_results(
            actor=sam,
            checkpoint=checkpoint,
            results=results_file(OUTCOMES, commit=checkpoint.commit),
            samples=[("x.jsonl", io.BytesIO(b"{}"))],
        )
