"""A baseline and a change of it, for tests."""

from typing import Any

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution
from contributions.proposals.protocol import Payload
from hub.models import Checkpoint, User
from tests.contributions.stories import approved, variant_payload

BASELINE_CURVE = "step,tokens,loss\n0,0,5\n100,1000000,3\n"
CHANGED_CURVE = "step,tokens,loss\n0,0,5\n100,1000000,2.9\n"


def change_payload(
    full_name: str = "delta/mouth", *, baseline: str = "headwaters/brook", **fields: Any
) -> Payload:
    """What a person would submit who halved the batch of `baseline`."""
    payload = variant_payload(full_name)
    del payload["edges"]
    return {
        **payload,
        "track": "algorithm",
        "relation": "same_architecture",
        "baseline": baseline,
        "hypothesis": "Smaller batches *help* here.",
        "configuration": [
            {"path": "train.yaml", "before": "lr: 1e-3\nbatch: 64", "after": "lr: 1e-3\nbatch: 32"}
        ],
        "mix": [
            {"dataset": "headwaters/pool", "before": 100, "after": 75},
            {"dataset": "headwaters/rain", "before": None, "after": 25},
        ],
        "baseline_curve": BASELINE_CURVE,
        "changed_curve": CHANGED_CURVE,
        "training_tokens": "1M",
        **fields,
    }


def change(author: User, full_name: str = "delta/mouth", **fields: Any) -> Contribution:
    payload = change_payload(full_name, **fields)
    return submit(author=author, kind="change_baseline", payload=payload, sign_off=True)


def merged_change(
    author: User, reviewer: User, maintainer: User, full_name: str = "delta/mouth", **fields: Any
) -> tuple[Contribution, Checkpoint]:
    """The contribution, and the checkpoint that it brought."""
    contribution = approved(change(author, full_name, **fields), reviewer)
    merge(actor=maintainer, contribution=contribution, head=contribution.head)
    contribution.refresh_from_db()
    assert contribution.variant is not None
    return contribution, contribution.variant.checkpoints.get()
