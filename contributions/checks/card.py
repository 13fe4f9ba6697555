"""Does what is proposed agree with the card, with config.json and with the weights?

What the weights and the configuration prove, and the licence, have to agree. What only the card says
about lineage may be wrong there: it is shown, and the reviewer decides.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from contributions.checks.pinned import read_pinned_json
from contributions.checks.tensors import table_of
from contributions.checks.verdict import Context, Detail, Verdict
from contributions.proposals.card_facts import adapter_base, architecture_of, declared_edges
from hub import cards
from hub.origins.safetensors import quantization_of

name: Final = "card"
label: Final = "Card and facts"
needs: Final = ("origin",)
ADD_IT = "Add it, or say in the conversation why the card is wrong."
# A count from headers and a count by hand differ by tied or unused tensors.
TOLERANCE = 0.01
DTYPES = {
    "bfloat16": "bf16",
    "float16": "f16",
    "half": "f16",
    "float32": "f32",
    "float": "f32",
    "float64": "f64",
}


def run(context: Context) -> Verdict:
    card = cards.parse(context.pinned["card_text"])
    wrong = list(_licence(context, card))
    doubtful = [Detail(problem, "card_text") for problem in card.problems]
    if context.proposal.origin_kind == "model":
        config = read_pinned_json(context, "config.json")
        adapter = read_pinned_json(context, "adapter_config.json")
        wrong += _parameters(context)
        wrong += _architecture(context, config)
        doubtful += _dtype(context, config)
        doubtful += _lineage(context, declared_edges(card, adapter=adapter_base(adapter)))
    if wrong:
        text = _counted(len(wrong), "does not agree", "do not agree")
        return Verdict("failed", text, (*wrong, *doubtful), code="card_differs")
    if doubtful:
        text = _counted(len(doubtful), "needs a reviewer's look", "need a reviewer's look")
        return Verdict("warning", text, tuple(doubtful), code="card_doubtful")
    return Verdict("passed", "The proposal agrees with the card and the files.")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} thing{'' if count == 1 else 's'} {one if count == 1 else many}."


def _licence(context: Context, card: cards.Card) -> Iterator[Detail]:
    stated, _ = cards.licence(card)
    proposed = context.payload["licence"]
    if stated and stated != proposed:
        text = f"The card's licence is {stated}, the proposal says {proposed}."
        fix = "Correct the proposal, or the card at the origin and submit that commit."
        yield Detail(text, "licence", proposed=proposed, found=stated, fix=fix)


def _parameters(context: Context) -> Iterator[Detail]:
    counted = context.pinned["manifest"]["parameters"]
    proposed = context.payload["parameters"]
    if counted is None or proposed is None or abs(proposed - counted) <= TOLERANCE * counted:
        return
    text = f"The weights have {counted:,} parameters, the proposal says {proposed:,}."
    stored = sum(math.prod(shape) for _, _, shape in table_of(context.pinned))
    if stored != counted and abs(proposed - stored) <= TOLERANCE * stored:
        text = (
            f"{proposed:,} numbers are stored, but each holds several packed weights: "
            f"the model has {counted:,} parameters."
        )
    fix = f"Write {counted:,}: it is counted from the tensors' shapes."
    yield Detail(text, "parameters", proposed=str(proposed), found=str(counted), fix=fix)


def _architecture(context: Context, config: Mapping[str, Any] | None) -> Iterator[Detail]:
    found, proposed = architecture_of(config), context.payload["architecture"]
    if found and proposed and found != proposed:
        text = f"config.json names {found}, the proposal says {proposed}."
        fix = f"Write {found}, as the weights are loaded."
        yield Detail(text, "architecture", proposed=proposed, found=found, fix=fix)


def _dtype(context: Context, config: Mapping[str, Any] | None) -> Iterator[Detail]:
    """Not a field of the proposal: config.json against the weights."""
    stated = (config or {}).get("dtype") or (config or {}).get("torch_dtype")
    stored = context.pinned["manifest"]["dtype"]
    if not isinstance(stated, str) or not stored or quantization_of(config or {}):
        return
    if _short(stated) != _short(stored):
        text = f"config.json says {stated}, the weights are stored as {stored}."
        fix = "Save the model in one dtype, or correct torch_dtype in config.json."
        yield Detail(text, proposed=stated, found=stored, fix=fix, path="config.json")


def _short(dtype: str) -> str:
    dtype = dtype.lower().removeprefix("torch.")
    return DTYPES.get(dtype, dtype)


def _lineage(context: Context, declared: list[dict[str, Any]]) -> Iterator[Detail]:
    edges = context.payload["edges"]
    proposed = {edge["parent_name"].lower(): edge["relation"] for edge in edges}
    for edge in declared:
        parent, relation = edge["parent_name"], edge["relation"]
        given = proposed.get(parent.lower())
        if given is None:
            text = f"The card names {parent} ({relation}), the proposal does not."
            yield Detail(text, "edges", found=f"{relation}: {parent}", parent=edge, fix=ADD_IT)
        elif (
            relation in cards.CARD_RELATIONS and given in cards.CARD_RELATIONS and given != relation
        ):
            text = f"To {parent} the card says {relation}, the proposal says {given}."
            fix = "Correct the relation here, or say why the card is wrong."
            yield Detail(text, "edges", proposed=given, found=relation, fix=fix)
