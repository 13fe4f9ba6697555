"""Numbers that are reported elsewhere: what is taken, what is refused, what takes whose place."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from evaluations.actions.add_claim import ClaimFacts, add_claim
from evaluations.models import Claim
from hub.models import User
from hub.refusal import Refusal
from tests.evaluations.claiming import DEEPSEEK, NAME, aime, make_claim, make_record, reproduced
from tests.factories import make_benchmark_version, make_variant
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def standing() -> set[float]:
    return set(Claim.objects.filter(superseded_by=None).values_list("value", flat=True))


def test_a_claim_keeps_who_said_what_and_where(ann: User) -> None:
    aime()
    variant = make_variant(NAME)
    claim = add_claim(actor=ann, variant=variant, facts=DEEPSEEK, number=12)
    claim.refresh_from_db()
    assert (claim.benchmark and claim.benchmark.slug, claim.benchmark_name) == (
        "aime24",
        "AIME 2024",
    )
    assert (claim.value, claim.unit, claim.reporter, claim.role) == (
        55.5, "percent", "deepseek-ai", "self_reported",
    )  # fmt: skip
    assert (claim.added_by, claim.number, claim.superseded_by) == (ann, 12, None)


def test_a_benchmark_that_the_hub_does_not_know_keeps_its_name(ann: User) -> None:
    claim = make_claim(benchmark="Pile-test", unit="bits per byte", value=0.606, actor=ann)
    assert (claim.benchmark, claim.benchmark_name) == (None, "Pile-test")


@pytest.mark.parametrize("name", ["sums", "SUMS", "Sums", "river/sums"])
def test_a_benchmark_is_known_by_slug_name_and_dataset(name: str, ann: User) -> None:
    benchmark = make_benchmark_version("sums").benchmark
    benchmark.dataset_name = "river/sums"
    benchmark.save()
    assert make_claim(benchmark=name, actor=ann).benchmark == benchmark


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"value": float("nan")}, "value", "finite"),
        ({"value": json.loads("1e999")}, "value", "finite"),
        ({"value": "71.5"}, "value", "a number"),
        ({"value": True}, "value", "a number"),
        ({"value": 101.0}, "value", "above 100, the most possible in percent"),
        ({"value": -0.5}, "value", "below 0, the least possible in percent"),
        ({"value": 71.5, "unit": "proportion"}, "value", "above 1"),
        ({"value": 20.0, "unit": "furlongs"}, "value", "no unit “furlongs”"),
        ({"stderr": -1.0}, "stderr", "0 or more"),
        ({"stderr": float("inf")}, "stderr", "finite"),
        ({"role": "rumour"}, "role", "self_reported"),
        ({"role": "relayed"}, "first_reported", "where it was reported first"),
        ({"first_reported": "https://example.org/"}, "first_reported", "Only a relayed number"),
        ({"reporter": ""}, "reporter", "needed"),
    ],
)
def test_what_is_no_claim_is_refused_with_the_reason(
    facts: dict[str, Any], field: str, words: str, ann: User
) -> None:
    with pytest.raises(Refusal) as refused:
        make_claim(actor=ann, **facts)
    assert words in refused.value.fields[field][0]
    assert not Claim.objects.exists()


def test_a_number_outside_the_bounds_of_its_benchmark_is_refused(ann: User) -> None:
    make_benchmark_version("sums", upper_bound=0.5)
    with pytest.raises(Refusal, match="above 50, the most possible on Sums"):
        make_claim(value=71.5, unit="percent", actor=ann)
    make_claim(value=49.0, unit="percent", actor=ann)
    # Of another metric these bounds say nothing.
    make_claim(value=71.5, unit="percent", metric="maj@8", actor=ann)


def test_nine_numbers_for_one_model_stand_side_by_side_but_for_what_was_restated(ann: User) -> None:
    _, claims = make_record(ann)
    assert {claim.value for claim in Claim.objects.all()} == {
        55.5, 56.6, 52.2, 50.8, 51.3, 43.3, 50.0, 60.0, 57.3,
    }  # fmt: skip
    # open-r1 measured the same table three times under one protocol: the last one stands.
    assert standing() == {55.5, 50.8, 51.3, 43.3, 50.0, 60.0, 57.3}
    chain = {claim.value: claim for claim in Claim.objects.select_related("superseded_by")}
    assert chain[56.6].superseded_by == chain[52.2]
    assert chain[52.2].superseded_by == chain[50.8]
    assert claims[3].is_standing


def test_an_old_number_that_is_added_late_takes_nobodys_place(ann: User) -> None:
    variant = make_variant(NAME)
    facts = reproduced(50.8, date(2025, 5, 31), "https://example.org/may")
    newer = add_claim(actor=ann, variant=variant, facts=facts, number=1)
    facts = reproduced(56.6, date(2025, 2, 22), "https://example.org/february")
    older = add_claim(actor=ann, variant=variant, facts=facts, number=2)
    assert older.superseded_by == newer
    newer.refresh_from_db()
    assert newer.is_standing


@pytest.mark.parametrize(
    "other",
    [
        {"reporter": "somebody else"},
        {"role": "community"},
        {"metric": "cons@64"},
        {"protocol": "greedy"},
        {"benchmark": "AIME 2025"},
    ],
)
def test_what_says_something_else_supersedes_nothing(other: dict[str, Any], ann: User) -> None:
    variant = make_variant(NAME)
    add_claim(actor=ann, variant=variant, facts=DEEPSEEK, number=1)
    facts = replace(DEEPSEEK, value=83.3, **other)
    add_claim(actor=ann, variant=variant, facts=facts, number=2)
    assert standing() == {55.5, 83.3}


def test_the_same_number_twice_is_refused_with_the_first_ones_address(ann: User) -> None:
    variant = make_variant(NAME)
    first = add_claim(actor=ann, variant=variant, facts=DEEPSEEK, number=1)
    with pytest.raises(Refusal, match=f"claim {first.pk}") as refused:
        add_claim(actor=ann, variant=variant, facts=DEEPSEEK, number=2)
    assert refused.value.code == "already_here"


@pytest.mark.django_db(transaction=True)
def test_of_restatements_that_come_at_once_exactly_one_stands(ann: User) -> None:
    variant = make_variant(NAME)

    def state(number: int) -> Claim:
        facts: ClaimFacts = replace(DEEPSEEK, value=50.0 + number)
        return add_claim(actor=ann, variant=variant, facts=facts, number=number)

    at_once(6, state)
    assert Claim.objects.count() == 6
    assert Claim.objects.filter(superseded_by=None).count() == 1
