"""Reporting numbers from elsewhere: by hand, from the card, from a pasted file; merged they are claims."""

from typing import Any

import pytest
from django.test import Client

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution
from contributions.proposals import KINDS
from evaluations.models import Claim
from hub.models import CardRevision, User
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.contributions.stories import approved
from tests.factories import make_benchmark_version, make_variant

pytestmark = pytest.mark.django_db

PASTED = """
- dataset: {id: cais/hle, task_id: default}
  value: 20.90
- dataset: {id: Idavidrein/gpqa, task_id: diamond}
  value: 0.412
"""


def number(**fields: Any) -> dict[str, Any]:
    told = {"benchmark": "Sums", "metric": "acc", "value": 71.5, "unit": "percent"}
    return {**told, "stderr": None, "n": None, **fields}


def report(*numbers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "variant": "river/brook",
        "reporter": "river",
        "role": "self_reported",
        "source": "https://example.org/card",
        "numbers": list(numbers) or [number()],
        **fields,
    }


def reported(author: User, payload: dict[str, Any]) -> Contribution:
    return submit(author=author, kind="report_score", payload=payload, sign_off=True)


def refusals(payload: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refused:
        KINDS["report_score"].clean(payload)
    return refused.value.fields


@pytest.fixture(autouse=True)
def brook() -> None:
    make_variant("river/brook")


def test_several_numbers_of_one_source_become_claims_on_merging(
    ann: User, ben: User, cleo: User
) -> None:
    make_benchmark_version("sums")
    payload = report(
        number(), number(benchmark="Prose", metric="", value=0.9, unit="bits per byte")
    )
    contribution = reported(ann, payload)
    assert not Claim.objects.exists()
    merge(actor=cleo, contribution=approved(contribution, ben), head=1)
    first, second = Claim.objects.order_by("pk")
    assert (first.variant.full_name, first.value, first.benchmark and first.benchmark.slug) == (
        "river/brook", 71.5, "sums",
    )  # fmt: skip
    assert (second.benchmark, second.unit, second.number) == (
        None,
        "bits per byte",
        contribution.pk,
    )
    assert first.added_by == ann
    contribution.refresh_from_db()
    assert (contribution.claim, contribution.variant) == (first, first.variant)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("many", "a number"),
        ("NaN", "finite"),
        ("1e999", "finite"),
        (True, "a number"),
        (150, "above 100"),
        (None, "needed"),
    ],
)
def test_what_is_no_number_is_refused_beside_its_row(value: object, words: str) -> None:
    assert words in refusals(report(number(), number(value=value)))["numbers.1.value"][0]


def test_the_bounds_of_the_benchmark_hold() -> None:
    make_benchmark_version("sums", upper_bound=0.6)
    found = refusals(report(number()))
    assert "above 60, the most possible on Sums" in found["numbers.0.value"][0]


def test_a_unit_is_never_guessed_for_a_row() -> None:
    assert "numbers.0.unit" in refusals(report(number(value=0.412, unit="")))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"variant": "river/dry"}, "variant"),
        ({"role": "relayed"}, "first_reported"),
        ({"source": "my notes"}, "source"),
        ({"reported_on": "2999-01-01"}, "reported_on"),
        ({"reported_on": "yesterday"}, "reported_on"),
        ({"numbers": []}, "numbers"),
        ({"pasted": "value: 3"}, "pasted"),
    ],
)
def test_who_says_so_and_when_is_judged_too(fields: dict[str, Any], name: str) -> None:
    assert name in refusals(report(**fields))


def test_a_row_that_is_ticked_to_be_left_out_is_neither_judged_nor_kept() -> None:
    rows = [number(), number(value="rubbish", unit="", leave_out=True)]
    kept = KINDS["report_score"].clean(report(*rows))["numbers"]
    assert [row["value"] for row in kept] == [71.5]
    assert set(kept[0]) == {"benchmark", "metric", "value", "unit", "stderr", "n"}


def test_a_pasted_file_becomes_rows_once_its_unit_is_clear() -> None:
    told = refusals(report(numbers=[], pasted=PASTED))
    assert "0.412 of Idavidrein/gpqa:diamond may be" in told["pasted_unit"][0]
    clean = KINDS["report_score"].clean(report(numbers=[], pasted=PASTED, pasted_unit="proportion"))
    assert [(row["benchmark"], row["value"], row["unit"]) for row in clean["numbers"]] == [
        ("cais/hle", 20.9, "percent"),
        ("Idavidrein/gpqa:diamond", 0.412, "proportion"),
    ]
    assert clean["pasted"] == ""


def test_the_form_offers_the_numbers_of_the_card(ann: User) -> None:
    variant = make_variant("river/lake")
    results = [
        {"dataset": {"name": "Sums", "type": "sums"}, "metrics": [{"type": "acc", "value": 62.1}]}
    ]
    CardRevision.objects.create(
        variant=variant,
        number=1,
        published_by=ann,
        metadata={"model-index": [{"name": "lake", "results": results}]},
    )
    page = signed_in(ann).get("/submit/report-score/?variant=river/lake&from=card")
    html = page.content.decode()
    assert 'name="numbers-0-value" value="62.1"' in html
    assert 'value="river/lake"' in html
    assert "https://huggingface.co/river/lake" in html


def test_its_page_shows_the_numbers_and_a_revert_flags_them(
    client: Client, ann: User, ben: User, cleo: User
) -> None:
    contribution = reported(ann, report())
    page = client.get(contribution.get_absolute_url()).content.decode()
    assert "71.5" in page
    merge(actor=cleo, contribution=approved(contribution, ben), head=1)
    contribution.refresh_from_db()
    assert KINDS["report_score"].revert(contribution) == (
        "flag",
        {"entry": "river/brook", "claim": contribution.claim_id, "reason": "score"},
    )


def test_a_number_that_is_here_already_stops_the_merge_with_its_address(
    ann: User, ben: User, cleo: User
) -> None:
    merge(actor=cleo, contribution=approved(reported(ann, report()), ben), head=1)
    again = approved(reported(ann, report()), ben)
    with pytest.raises(Refusal, match="here already"):
        merge(actor=cleo, contribution=again, head=1)
    assert Claim.objects.count() == 1
