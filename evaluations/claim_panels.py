"""What others say of entries, on the hub's pages: claims, disputes, and the ways to add either.

Registered when this is imported (apps.py).
"""

from django.http import HttpRequest

from evaluations.claims import claims_beside_scores, unclaimed
from evaluations.disputes import STANDING, disputes_of, taints_of
from hub import panels
from hub.models import Dataset, ModelVariant


def variant_disputes(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    """What stands against the variant and what it inherits; what was settled, folded away."""
    found = [dispute for dispute in disputes_of(variant) if dispute.claim_id is None]
    taints = taints_of(variant)
    if not found and not taints:
        return None
    context = {
        "entry": variant,
        "standing": [dispute for dispute in found if dispute.state in STANDING],
        "settled": [dispute for dispute in found if dispute.state not in STANDING],
        "taints": taints,
    }
    return "evaluations/_disputes.html", context


def dataset_disputes(request: HttpRequest, dataset: Dataset) -> panels.Filled | None:
    found = disputes_of(dataset)
    if not found:
        return None
    context = {
        "entry": dataset,
        "standing": [dispute for dispute in found if dispute.state in STANDING],
        "settled": [dispute for dispute in found if dispute.state not in STANDING],
    }
    return "evaluations/_disputes.html", context


def variant_claims(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    """Numbers reported elsewhere beside the measured ones, and those that only the card tells."""
    groups, untold = claims_beside_scores(variant), unclaimed(variant)
    if not groups and not untold:
        return None
    context = {"groups": groups, "untold": len(untold), "variant": variant}
    return "evaluations/_variant_claims.html", context


def variant_objections(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    return "evaluations/_objections.html", {"entry": variant, "place": "variant"}


def dataset_objections(request: HttpRequest, dataset: Dataset) -> panels.Filled | None:
    return "evaluations/_objections.html", {"entry": dataset, "place": "dataset"}


panels.register("variant", variant_disputes, order=5)
panels.register("variant", variant_claims, order=15)
panels.register("variant_side", variant_objections, order=80)
panels.register("dataset", dataset_disputes, order=5)
panels.register("dataset_side", dataset_objections, order=80)
