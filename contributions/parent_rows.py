"""The parents of a variant as rows of a form, and the fields that leave judging to the proposal."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from hub.models.lineage import DATA_RELATIONS, Relation

RELATIONS = [
    ("", "Choose"),
    ("A model", [(item.value, item.label) for item in Relation if item not in DATA_RELATIONS]),
    ("Data", [(item.value, item.label) for item in Relation if item in DATA_RELATIONS]),
]


class Asked(forms.CharField):
    """Needed, to the eye; the proposal is the one that says what is missing."""

    def validate(self, value: Any) -> None:
        pass


class AskedChoice(forms.ChoiceField):
    """A value that is no choice is told by the proposal, in its own words."""

    def validate(self, value: Any) -> None:
        pass


def words(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})


class EdgeForm(forms.Form):
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
        """This parent as the payload has it; None where the row is empty."""
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


class EdgeRows(BaseFormSet):  # type: ignore[type-arg]
    @cached_property
    def filled(self) -> list[tuple[EdgeForm, dict[str, Any]]]:
        """The rows that say something, each with its form. An error that is added later drops none."""
        rows = [(form, form.row()) for form in cast(list[EdgeForm], self.forms)]
        return [(form, row) for form, row in rows if row is not None]

    def payload(self) -> list[dict[str, Any]]:
        return [row for _, row in self.filled]

    def refuse(self, position: int, field: str, messages: Sequence[str]) -> None:
        """`position` counts the filled rows, as the payload does."""
        form, row = self.filled[position]
        if field == "relation" and not row["relation"]:
            messages = ["Choose what it is to this parent."]
        # What the row has no field for is shown beside the parent's name.
        shown = field in form.fields and not form[field].is_hidden
        form.add_error(field if shown else "parent_name", list(messages))


_Rows = formset_factory(EdgeForm, formset=EdgeRows, max_num=64)


def edge_rows(data: QueryDict | None, initial: list[dict[str, Any]], *, blank: int) -> EdgeRows:
    """The rows as posted, or those of `initial` and `blank` empty ones."""
    rows = cast(EdgeRows, _Rows(data, initial=initial, prefix="edges"))
    rows.extra = blank
    return rows
