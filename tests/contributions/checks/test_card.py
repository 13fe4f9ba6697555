from typing import Any

import pytest

from contributions.models import Check
from hub.models import User
from tests.contributions.stories import run_checks, submitted
from tests.repos import CONFIG, card, host, model_files, weights

pytestmark = pytest.mark.django_db(transaction=True)


def card_check(author: User, files: dict[str, bytes], **proposed: Any) -> Check:
    host("headwaters/brook", files)
    return run_checks(submitted(author, **proposed))["card"]


def edge(parent: str, relation: str = "finetune", *, is_dataset: bool = False) -> dict[str, Any]:
    return {"parent_name": parent, "relation": relation, "is_dataset": is_dataset}


def test_what_agrees_passes(origin: str, ann: User) -> None:
    assert card_check(ann, {}).state == "passed"


def test_differences_are_listed_with_both_values(origin: str, ann: User) -> None:
    check = card_check(ann, {}, licence="mit", parameters=300, architecture="Qwen2ForCausalLM")
    differences = {d["field"]: (d["proposed"], d["found"]) for d in check.details}
    assert (check.state, check.code) == ("failed", "card_differs")
    assert differences == {
        "licence": ("mit", "apache-2.0"),
        "parameters": ("300", "264"),
        "architecture": ("Qwen2ForCausalLM", CONFIG["architectures"][0]),
    }


@pytest.mark.parametrize(
    ("parameters", "state"), [(266, "passed"), (None, "passed"), (267, "failed")]
)
def test_a_count_may_be_one_per_cent_off(
    origin: str, ann: User, parameters: int | None, state: str
) -> None:
    assert card_check(ann, {}, parameters=parameters).state == state


def test_parents_of_the_card_that_were_left_out_are_for_the_reviewer(
    origin: str, ann: User
) -> None:
    readme = card(
        base_model=["headwaters/spring", "headwaters/well"],
        base_model_relation="merge",
        datasets=["headwaters/pool"],
    )
    check = card_check(
        ann,
        {"README.md": readme},
        edges=[edge("Headwaters/Spring", "finetune"), edge("sea/teacher", "distillation")],
    )
    assert (check.state, check.code) == ("warning", "card_doubtful")
    assert [d["text"] for d in check.details] == [
        "To headwaters/spring the card says merge, the proposal says finetune.",
        "The card names headwaters/well (merge), the proposal does not.",
        "The card names headwaters/pool (trained_on), the proposal does not.",
    ]


def test_weights_of_another_type_than_stated_and_a_broken_card(origin: str, ann: User) -> None:
    files = {
        "config.json": model_files(torch_dtype="bfloat16")["config.json"],
        "README.md": b"# Hm",
    }
    check = card_check(ann, files)
    said = " ".join(d["text"] for d in check.details)
    assert check.state == "warning"
    assert "config.json says bfloat16, the weights are stored as float32" in said
    assert "front matter" in said


def test_what_no_database_keeps_is_replaced_and_not_a_crash(origin: str, ann: User) -> None:
    named = {"a\x00b": ("F32", [1])}
    check = card_check(
        ann,
        {
            "README.md": card("Nothing\x00ness."),
            "config.json": model_files(architectures=["A\x00B"])["config.json"],
            "model.safetensors": weights("", named),
        },
        parameters=1,
    )
    assert (check.state, check.details[0]["field"]) == ("failed", "architecture")
    assert check.details[0]["found"] == "A\ufffdB"
