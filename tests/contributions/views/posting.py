"""What a browser sends of the form of a proposal."""

from typing import Any

from contributions import proposals
from contributions.forms import ProposalForm
from tests.contributions.stories import variant_payload


def typed(payload: Any = None, *, kind: str = "add_variant", **fields: str) -> dict[str, str]:
    """Every input of the form with `payload` typed into it; `fields` are typed over it."""
    payload = variant_payload() if payload is None else payload
    form = ProposalForm.of_payload(proposals.get(kind), payload)
    return {**inputs_of(form), "fetched": "", "sign_off": "on", **fields}


def untyped() -> dict[str, Any]:
    """A payload of nothing."""
    return {**dict.fromkeys(variant_payload(), ""), "edges": [], "tags": [], "parameters": None}


def inputs_of(form: ProposalForm) -> dict[str, str]:
    values = {field.html_name: _text(field.value()) for field in form}
    for rows in form.rows.values():
        for row in [rows.management_form, *rows.forms]:
            values |= {field.html_name: _text(field.value()) for field in row}
    return values


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def parents(*rows: tuple[str, str]) -> dict[str, str]:
    """The inputs of rows of parents: name and relation."""
    values = {"edges-TOTAL_FORMS": str(len(rows)), "edges-INITIAL_FORMS": "0"}
    for number, (name, relation) in enumerate(rows):
        values[f"edges-{number}-parent_name"] = name
        values[f"edges-{number}-relation"] = relation
    return values
