from typing import Any

import pytest

from contributions import proposals
from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.submit import submit
from hub.models import Dataset, User
from hub.refusal import Refusal
from tests.contributions.stories import dataset_payload, prefilled, run_checks
from tests.repos import card, host

ADD = proposals.get("add_dataset")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"purpose": "fun"}, "purpose"),
        ({"size": "x" * 121}, "size"),
        ({"licence": "no"}, "licence"),
        ({"edges": []}, "edges"),
        ({"repo_id": "pool"}, "repo_id"),
    ],
)
def test_each_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        ADD.clean(dataset_payload(**fields))
    assert set(refused.value.fields) == {field}


@pytest.mark.django_db(transaction=True)
def test_a_dataset_goes_from_the_origin_into_the_catalogue(
    origin: str, ann: User, ben: User, cleo: User
) -> None:
    readme = card("Still water.", license="cc-by-4.0", size_categories=["1K<n<10K"], tags=["math"])
    host("headwaters/pool", {"README.md": readme, "data.jsonl": b"{}"}, kind="dataset")
    payload = {**prefilled("headwaters/pool", kind="add_dataset"), "purpose": "evaluation"}
    assert (payload["licence"], payload["size"]) == ("cc-by-4.0", "1K<n<10K rows")
    contribution = submit(author=ann, kind="add_dataset", payload=payload, sign_off=True)
    assert {check.state for check in run_checks(contribution).values()} <= {
        "passed",
        "warning",
        "skipped",
    }
    review(reviewer=ben, contribution=contribution, head=1, verdict="approve")
    merge(actor=cleo, contribution=contribution, head=1)
    dataset = Dataset.objects.get()
    assert (dataset.full_name, dataset.purpose, dataset.licence) == (
        "headwaters/pool",
        "evaluation",
        "cc-by-4.0",
    )
    assert dataset.revisions.get().metadata["tags"] == ["math"]
