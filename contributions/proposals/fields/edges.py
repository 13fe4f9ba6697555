"""The parents of a variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from contributions.proposals.fields.asked import AskedChoice, words
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.choice import Choice
from contributions.proposals.fields.flag import Flag
from contributions.proposals.fields.names import Address, Commit
from contributions.proposals.fields.reading import Reading
from contributions.proposals.fields.rows import RowForm, Rows
from hub.models.lineage import DATA_RELATIONS, Relation

RELATIONS = [
    ("", "Choose"),
    ("A model", [(item.value, item.label) for item in Relation if item not in DATA_RELATIONS]),
    ("Data", [(item.value, item.label) for item in Relation if item in DATA_RELATIONS]),
]


class EdgeForm(RowForm):
    """One parent. A row without a name is left out."""

    parent_name = forms.CharField(
        label="Parent", required=False, widget=words(placeholder="owner/name")
    )
    relation = AskedChoice(label="Relation", required=False, choices=RELATIONS)
    parent_commit = forms.CharField(
        label="Commit", required=False, widget=words(placeholder="if known", **{"class": "mono"})
    )
    is_dataset = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def row(self) -> dict[str, Any] | None:
        if not self.is_bound or not self.is_valid():
            return None
        values = dict(self.cleaned_data)
        # A row that was never touched has no values at all.
        if not values.get("parent_name") and not values.get("parent_commit"):
            return None
        relation = values["relation"]
        # One trains on datasets only; generated and judged by may be either, and stays what it was.
        stays = values["is_dataset"] and relation in DATA_RELATIONS
        return {**values, "is_dataset": relation == Relation.TRAINED_ON or stays}

    def refuse(self, name: str, row: Mapping[str, Any], messages: Sequence[str]) -> None:
        if name == "relation" and not row["relation"]:
            messages = ["Choose what it is to this parent."]
        super().refuse(name, row, messages)


@dataclass(frozen=True)
class Edges(Rows):
    """[{parent_name, relation, parent_commit, is_dataset}]"""

    noun: str = "parent"
    columns: tuple[Field, ...] = (
        Address("parent_name", "Parent", required=True),
        Choice("relation", "Relation", choices=Relation.choices, required=True),
        Commit("parent_commit", "Commit"),
        Flag("is_dataset", "Is a dataset"),
    )

    def read_row(self, reading: Reading) -> None:
        super().read_row(reading)
        relation, is_dataset = reading.cleaned["relation"], reading.cleaned["is_dataset"]
        if relation == Relation.TRAINED_ON and not is_dataset:
            reading.error("is_dataset", "One trains on a dataset; mark the parent as one.")
        if is_dataset and relation not in DATA_RELATIONS:
            message = "A dataset is trained on, generated or judged by; not this."
            reading.error("relation", message)

    def row_form(self) -> type[RowForm]:
        return EdgeForm

    def show_row(self, row: Mapping[str, Any]) -> str:
        commit = f" at {row['parent_commit'][:8]}" if row["parent_commit"] else ""
        return f"{Relation(row['relation']).label}: {row['parent_name']}{commit}"
