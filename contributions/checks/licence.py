"""Is the licence known, and does it fit what the parents' licences oblige to?

Worded "needs review": whether an obligation binds is a lawyer's question, that it exists is a fact.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Q

from contributions.checks.verdict import Context, Detail, Verdict
from contributions.obligations import Obligations, of_licence
from hub import cards
from hub.models import Dataset, ModelVariant
from hub.models.lineage import Relation

name: Final = "licence"
label: Final = "Licence"
# Along these, what the parent wrote is used, not its weights.
OUTPUTS = frozenset({Relation.DISTILLATION, Relation.GENERATED_BY, Relation.JUDGED_BY})
NOT_COPIED = frozenset({Relation.SAME_ARCHITECTURE})
PERMISSIVE = frozenset({"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense"})


def run(context: Context) -> Verdict:
    payload = context.payload
    key = payload["licence"]
    if not cards.is_known_licence(key):
        text = f"{key or 'No licence'} is not a licence key. Use one, or other with its name."
        return Verdict("failed", text, (Detail(text, "licence"),), code="licence_unknown")
    details = list(_unstated(key))
    for parent, relation in _parents(payload.get("edges", [])):
        details += _of_parent(payload, parent, relation)
    if details:
        text = f"The licence needs review: {_things(len(details))} to look at."
        return Verdict("warning", text, tuple(details), code="licence_needs_review")
    return Verdict("passed", f"{cards.LICENCES[key]}: nothing that a parent obliges to is missing.")


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"


def _unstated(key: str) -> Iterator[Detail]:
    if key == "unknown":
        yield Detail("The licence is unknown, so nobody can rely on one. Needs review.", "licence")


def _parents(edges: list[dict[str, Any]]) -> Iterator[tuple[ModelVariant | Dataset, str]]:
    """Those parents that the catalogue knows; the licence of others is not known here. Two queries."""
    for model, wanted in ((ModelVariant, False), (Dataset, True)):
        named = {
            edge["parent_name"].lower(): edge["relation"]
            for edge in edges
            if edge["is_dataset"] is wanted
        }
        if not named:
            continue
        anyone = Q(pk=None)
        for full_name in named:
            owner, _, title = full_name.partition("/")
            anyone |= Q(owner__iexact=owner, name__iexact=title)
        for entry in model._default_manager.filter(anyone).order_by("pk"):
            yield entry, named[entry.full_name.lower()]


def _of_parent(
    payload: dict[str, Any], parent: ModelVariant | Dataset, relation: str
) -> Iterator[Detail]:
    asked = of_licence(parent.licence, parent.licence_name)
    if relation in NOT_COPIED or (relation in OUTPUTS and not _reaches(asked)):
        return
    called = parent.licence_name or parent.licence
    by = f"{parent.full_name} is under {called}"
    own = payload["licence"]
    if relation in OUTPUTS and asked.outputs_restricted and not asked.reaches_outputs:
        text = f"{by}, which restricts what its outputs are used for. Needs review."
        yield Detail(text, "edges", found=asked.outputs_restricted)
        return
    if asked.name_prefix and not payload["name"].lower().startswith(asked.name_prefix.lower()):
        text = f"{by}, which asks that the name begins with “{asked.name_prefix}”. Needs review."
        yield Detail(text, "name", proposed=payload["name"], found=asked.name_prefix)
    if asked.display_text and asked.display_text.lower() not in payload["card_text"].lower():
        text = f"{by}, which asks the card to say “{asked.display_text}”. Needs review."
        yield Detail(text, "card_text", found=asked.display_text)
    if asked.noncommercial and not of_licence(own, payload["licence_name"]).noncommercial:
        text = f"{by}, which allows no commercial use; {own} does. Needs review."
        yield Detail(text, "licence", proposed=own, found=parent.licence)
    if asked.use_restrictions and own in PERMISSIVE:
        text = f"{by}, whose use restrictions are passed on; {own} has none. Needs review."
        yield Detail(text, "licence", proposed=own, found=parent.licence)


def _reaches(asked: Obligations) -> bool:
    return asked.reaches_outputs or bool(asked.outputs_restricted)
