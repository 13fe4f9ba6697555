"""Parents that fit, parents that do not, and parents that nobody named."""

import json
from typing import Any

import pytest

from contributions.actions.adopt_parent import adopt_parent
from contributions.actions.merge import merge
from contributions.models import Check, Contribution
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import approved, head_checks, run_checks, submitted
from tests.factories import make_dataset
from tests.repos import CONFIG, card, host, model_files, weights

pytestmark = pytest.mark.django_db(transaction=True)


def edge(parent: str, relation: str = "finetune", *, is_dataset: bool = False) -> dict[str, Any]:
    return {"parent_name": parent, "relation": relation, "is_dataset": is_dataset}


def published(author: User, reviewer: User, maintainer: User, full_name: str = "sea/salt") -> None:
    """In the catalogue the usual way: checked, approved, merged; its origin's files in the store."""
    host(full_name)
    contribution = submitted(author, full_name)
    checks = run_checks(contribution)
    findings = checks["origin"].findings
    approved(contribution, reviewer)
    Check.objects.filter(pk=checks["origin"].pk).update(findings=findings)
    contribution.refresh_from_db()
    merge(actor=maintainer, contribution=contribution, head=1)


@pytest.fixture
def salt(origin: str, ann: User, ben: User, cleo: User) -> None:
    published(ann, ben, cleo)


def lineage(author: User, files: dict[str, Any] | None = None, **proposed: Any) -> Check:
    host("headwaters/brook", files or {})
    proposed = {"parameters": None, **proposed}
    return run_checks(submitted(author, "headwaters/brook", **proposed))["lineage"]


def suggested(check: Check) -> dict[str, str]:
    return {
        detail["parent"]["parent_name"]: detail["parent"]["relation"]
        for detail in check.details
        if detail["parent"]
    }


def test_a_model_without_parents_passes(origin: str, ann: User) -> None:
    assert lineage(ann).state == "passed"


def test_a_parent_that_is_not_here_leads_to_the_form_that_adds_it(origin: str, ann: User) -> None:
    edges = [edge("sea/salt"), edge("sea/pool", "trained_on", is_dataset=True)]
    check = lineage(ann, edges=edges)
    assert (check.state, [detail["url"] for detail in check.details]) == (
        "warning",
        ["/submit/add-variant/?repo_id=sea/salt", "/submit/add-dataset/?repo_id=sea/pool"],
    )


def test_a_parent_that_fits_passes(salt: None, ann: User) -> None:
    make_dataset("sea/pool")
    check = lineage(ann, edges=[edge("Sea/Salt"), edge("sea/pool", "trained_on", is_dataset=True)])
    assert (check.state, check.details) == ("passed", [])


OTHER_CLASS = {"architectures": ["Qwen2ForCausalLM"]}
WIDER = {"hidden_size": 16}
DEEPER = {"num_hidden_layers": 2}
MORE_WORDS = {"vocab_size": 16_000}


@pytest.mark.parametrize(
    ("config", "relation", "state"),
    [
        (OTHER_CLASS, "finetune", "failed"),
        (OTHER_CLASS, "same_architecture", "failed"),
        (OTHER_CLASS, "distillation", "passed"),
        (WIDER, "finetune", "failed"),
        (WIDER, "quantized", "failed"),
        (WIDER, "growth", "passed"),
        (WIDER, "distillation", "passed"),
        ({"hidden_size": 4}, "growth", "failed"),
        (DEEPER, "finetune", "warning"),
        (DEEPER, "merge", "passed"),
        ({"vocab_size": 32}, "finetune", "passed"),
        (MORE_WORDS, "finetune", "warning"),
    ],
)
def test_the_configuration_agrees_with_the_parents(
    salt: None, ann: User, config: dict[str, Any], relation: str, state: str
) -> None:
    files = {"config.json": model_files(**config)["config.json"]}
    check = lineage(ann, files, edges=[edge("sea/salt", relation)], architecture="")
    assert check.state == state
    assert all(detail["fix"] for detail in check.details)


def test_a_copy_is_recognised_by_its_tensors_though_its_files_differ(salt: None, ann: User) -> None:
    whole = weights("sea/salt")
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    header["__metadata__"] = {"format": "pt", "note": "saved once more"}
    text = json.dumps(header).encode()
    copied = len(text).to_bytes(8, "little") + text + whole[8 + length :]
    check = lineage(ann, {"model.safetensors": copied})
    assert suggested(check) == {"sea/salt": "duplicate"}
    assert suggested(lineage_of_another(ann)) == {}


def lineage_of_another(author: User) -> Check:
    """Other weights in the same shapes."""
    host("headwaters/creek")
    return run_checks(submitted(author, "headwaters/creek"))["lineage"]


def test_an_undeclared_fine_tune_is_suggested_by_shapes_and_tokenizer(
    origin: str, ann: User, ben: User, cleo: User
) -> None:
    host("sea/salt", {"tokenizer.json": b'{"model": {"vocab": {"sea": 0}}}'})
    contribution = submitted(ann, "sea/salt")
    findings = run_checks(contribution)["origin"].findings
    approved(contribution, ben)
    Check.objects.filter(version__contribution=contribution, name="origin").update(
        findings=findings
    )
    contribution.refresh_from_db()
    merge(actor=cleo, contribution=contribution, head=1)
    check = lineage(ann, {"tokenizer.json": b'{"model": {"vocab": {"sea": 0}}}'})
    assert suggested(check) == {"sea/salt": "finetune"}
    host("headwaters/creek", {"tokenizer.json": b'{"model": {"vocab": {"lake": 0}}}'})
    other = run_checks(submitted(ann, "headwaters/creek"))["lineage"]
    assert suggested(other) == {}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"config.json": json.dumps({**CONFIG, "_name_or_path": "sea/salt"}).encode()}, "finetune"),
        ({"README.md": card("Duplicated from [sea/salt](https://x.example).")}, "duplicate"),
        ({"README.md": card("A quantized version of sea/salt.")}, "quantized"),
        ({"README.md": card("Fine-tuned from https://huggingface.co/sea/salt.")}, "finetune"),
        ({"mergekit_config.yml": b"models:\n  - model: sea/salt\n"}, "merge"),
    ],
)
def test_where_lineage_hides(
    origin: str, ann: User, files: dict[str, bytes], expected: str
) -> None:
    assert suggested(lineage(ann, files)) == {"sea/salt": expected}
    assert suggested(lineage_declared(ann, files)) == {}


def lineage_declared(author: User, files: dict[str, bytes]) -> Check:
    host("headwaters/creek", files)
    edges = [edge("sea/salt", "conversion")]
    return run_checks(submitted(author, "headwaters/creek", edges=edges))["lineage"]


@pytest.mark.parametrize("path", ["/home/me/out", "brook", "./sea/salt", "a/b/c"])
def test_a_folder_is_no_parent(origin: str, ann: User, path: str) -> None:
    config = json.dumps({**CONFIG, "_name_or_path": path}).encode()
    assert lineage(ann, {"config.json": config}).state == "passed"


def test_an_adapter_fits_the_base_that_it_names(salt: None, ann: User) -> None:
    def adapter(width: int) -> dict[str, bytes | None]:
        tensors = {"base.layers.0.q_proj.lora_A.weight": ("F32", [2, width])}
        return {
            "model.safetensors": None,
            "config.json": None,
            "adapter_config.json": b'{"base_model_name_or_path": "sea/salt"}',
            "adapter_model.safetensors": weights("", tensors),
        }

    edges = [edge("sea/salt", "adapter")]
    fits = lineage(ann, adapter(8), edges=edges, architecture="")
    assert fits.state == "passed"
    Contribution.objects.filter(pk=fits.version.contribution_id).update(state="closed")
    other = lineage(ann, adapter(640), edges=edges, architecture="")
    assert (other.state, "640" in other.summary) == ("warning", True)
    Contribution.objects.filter(pk=other.version.contribution_id).update(state="closed")
    silent = lineage(ann, adapter(8), edges=[], architecture="")
    assert (silent.state, "no base" in silent.summary) == ("failed", True)
    assert suggested(silent) == {"sea/salt": "adapter"}
    Contribution.objects.filter(pk=silent.version.contribution_id).update(state="closed")
    twice = [*edges, edge("sea/foam", "extracted_adapter")]
    several = lineage(ann, adapter(8), edges=twice, architecture="")
    assert (several.state, "several bases" in several.summary) == ("failed", True)


def test_one_click_takes_a_suggestion_over(origin: str, ann: User, sam: User) -> None:
    check = lineage(ann, {"README.md": card("Duplicated from sea/salt.")})
    version = adopt_parent(actor=ann, check=check, position=0, head=1, sign_off=True)
    assert version.number == 2
    assert [row["parent_name"] for row in version.payload["edges"]] == ["sea/salt"]
    with pytest.raises(Refusal, match="newest version"):
        adopt_parent(actor=ann, check=check, position=0, head=2, sign_off=True)
    again = head_checks(version.contribution)["lineage"]
    with pytest.raises(Refusal):
        adopt_parent(actor=ann, check=again, position=7, head=2, sign_off=True)
