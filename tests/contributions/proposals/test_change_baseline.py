"""A change of a baseline: what is asked, what follows from it, what merging makes."""

from typing import Any

import pytest

from contributions import proposals
from contributions.actions.revise import revise
from evaluations.models import Run
from hub.models import Checkpoint, LineageEdge, User, WorkingGroup
from hub.refusal import Refusal
from tests.contributions.baselines import CHANGED_CURVE, change, change_payload, merged_change
from tests.factories import make_board, make_checkpoint, make_score, make_variant

pytestmark = pytest.mark.django_db
KIND = proposals.get("change_baseline")


@pytest.fixture(autouse=True)
def baseline() -> Checkpoint:
    return make_checkpoint(make_variant("headwaters/brook"))


def errors(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refused:
        KIND.clean(change_payload(**fields))
    return refused.value.fields


def test_a_clean_payload_pins_its_baseline_and_is_clean_again(baseline: Checkpoint) -> None:
    cleaned = KIND.clean(change_payload(baseline="HeadWaters/Brook"))
    assert cleaned["baseline"] == "headwaters/brook"
    assert cleaned["baseline_commit"] == baseline.commit
    assert cleaned["training_tokens"] == 1_000_000
    assert cleaned["changed_curve"]["losses"] == [5.0, 2.9]
    assert KIND.clean(cleaned) == cleaned


def test_parents_follow_from_the_baseline_and_the_mix(baseline: Checkpoint) -> None:
    cleaned = KIND.clean(change_payload(edges=[{"parent_name": "some/body"}]))
    assert [(edge["parent_name"], edge["relation"]) for edge in cleaned["edges"]] == [
        ("headwaters/brook", "same_architecture"),
        ("headwaters/pool", "trained_on"),
        ("headwaters/rain", "trained_on"),
    ]
    assert cleaned["edges"][0]["parent_commit"] == baseline.commit


def test_the_loss_is_compared_by_the_hub_and_not_stated_by_the_author() -> None:
    cleaned = KIND.clean(change_payload(loss={"delta": -9}))
    # 5 falls to 3 and to 2.9; the middle of the last twentieth is at 97.5 %.
    assert cleaned["loss"]["delta"] == pytest.approx(-0.0975)
    assert (cleaned["loss"]["axis"], cleaned["loss"]["at"]) == ("tokens", 1_000_000)


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"baseline": "no/body"}, "baseline", "not in the catalogue"),
        ({"baseline_commit": "abcdef1"}, "baseline_commit", "no checkpoint"),
        ({"track": "marketing"}, "track", "Choose one"),
        ({"relation": "quantized"}, "relation", "Choose one"),
        ({"hypothesis": ""}, "hypothesis", "needed"),
        ({"changed_curve": "step,loss\n1,nan\n2,1"}, "changed_curve", "no finite loss"),
        ({"baseline_curve": ""}, "baseline_curve", "needed"),
        ({"mix": [{"dataset": "a/b", "before": 100, "after": 90}]}, "mix", "Shares after"),
        (
            {"configuration": [{"path": "a", "before": "x", "after": "x"}]},
            "configuration.0.after",
            "the same",
        ),
        ({"owner": "headwaters", "name": "brook"}, "baseline", "descend from itself"),
        ({"compare_with": ["nonsense"]}, "compare_with", "owner/name"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    fields: dict[str, Any], field: str, why: str
) -> None:
    assert why in " ".join(errors(**fields)[field])


def test_its_track_decides_who_looks_after_it(ann: User) -> None:
    group, _ = WorkingGroup.objects.get_or_create(slug="data", defaults={"name": "Data"})
    contribution = change(ann, track="data")
    assert contribution.group == group
    system, _ = WorkingGroup.objects.get_or_create(slug="system", defaults={"name": "System"})
    payload = change_payload(track="system")
    revise(actor=ann, contribution=contribution, payload=payload, note="", head=1, sign_off=True)
    contribution.refresh_from_db()
    assert contribution.group == system


def test_merging_publishes_the_result_below_its_baseline(
    ann: User, ben: User, cleo: User, baseline: Checkpoint
) -> None:
    contribution, checkpoint = merged_change(ann, ben, cleo)
    edge = LineageEdge.objects.get(child=checkpoint.variant, relation="same_architecture")
    assert edge.parent == baseline.variant
    assert edge.parent_commit == baseline.commit
    assert contribution.title == "Change headwaters/brook: delta/mouth"


def test_merging_has_both_sides_measured_and_neither_twice(
    ann: User, ben: User, cleo: User, baseline: Checkpoint
) -> None:
    board = make_board("rivers", automatic=True)
    known, missing = board.recipes.order_by("pk")
    make_score(baseline, known, 0.5)
    _, result = merged_change(ann, ben, cleo)
    [run] = Run.objects.filter(checkpoint=baseline, state="queued")
    assert list(run.recipes.all()) == [missing]
    assert set(Run.objects.get(checkpoint=result).recipes.all()) == {known, missing}


def test_versions_differ_in_words_that_people_read() -> None:
    old = KIND.clean(change_payload())
    new = KIND.clean(change_payload(changed_curve=CHANGED_CURVE.replace("2.9", "2.8"), mix=[]))
    changes = {change.field: change for change in KIND.changes(old, new)}
    assert set(changes) == {"changed_curve", "mix", "edges"}
    assert changes["changed_curve"].after == "2 points to step 100, last 2.8"
    assert "trained on: headwaters/rain" in changes["edges"].detail["removed"]
