"""The forms that make payloads. What a payload may be, its proposal says; a form only asks and shows.

So every error stands beside its field, whether a page or the API sent the payload.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.forms.renderers import get_default_renderer
from django.http import QueryDict

from contributions import proposals
from contributions.proposals.payload import SUMMARY_LENGTH
from contributions.proposals.protocol import Payload, Prefill
from hub import cards
from hub.models.dataset import Purpose
from hub.models.lineage import Relation
from hub.refusal import Refusal

LICENCES = [
    ("", "Choose a licence"),
    *sorted(cards.LICENCES.items(), key=lambda row: row[1].lower()),
]
EDGE = re.compile(r"edges\.(\d+)\.(\w+)")


class Asked(forms.CharField):
    """Needed, to the eye; the proposal is the one that says what is missing."""

    def validate(self, value: Any) -> None:
        pass


def words(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})


class EdgeForm(forms.Form):
    """One parent. A row without a name is left out."""

    parent_name = forms.CharField(
        label="Parent", required=False, widget=words(placeholder="owner/name")
    )
    relation = forms.ChoiceField(
        label="Relation", required=False, choices=[("", "Choose"), *Relation.choices]
    )
    parent_commit = forms.CharField(
        label="Commit", required=False, widget=words(placeholder="if known", **{"class": "mono"})
    )

    def clean(self) -> dict[str, Any]:
        """What `relation` is not in the list is told by the proposal, in its own words."""
        return dict(self.cleaned_data)


if TYPE_CHECKING:
    _Rows = BaseFormSet[EdgeForm]
else:
    # Generic for the type checker only.
    _Rows = BaseFormSet


class EdgeRows(_Rows):
    def payload(self) -> tuple[list[dict[str, Any]], list[int]]:
        """The filled rows, and for each the number of its form."""
        rows, numbers = [], []
        for number, form in enumerate(self.forms):
            values = form.cleaned_data if form.is_bound and form.is_valid() else {}
            if values.get("parent_name") or values.get("relation"):
                dataset = values["relation"] == Relation.TRAINED_ON
                rows.append({**values, "is_dataset": dataset})
                numbers.append(number)
        return rows, numbers


EdgeFormSet = formset_factory(EdgeForm, formset=EdgeRows, extra=1, max_num=64)


class ProposalForm(forms.Form):
    """What every kind asks for. `fetched` and `source` remember what the origin filled in."""

    kind: ClassVar[str]
    has_parents: ClassVar[bool] = False

    repo_id = Asked(
        label="Repository",
        widget=words(placeholder="owner/name"),
        help_text="At the origin. What it knows is filled in below; everything can be corrected.",
    )
    revision = forms.CharField(
        label="Revision",
        required=False,
        widget=words(**{"class": "mono"}),
        help_text="Branch, tag or commit; the first check pins it to a commit.",
    )
    owner = Asked(label="Owner here", widget=words())
    name = Asked(label="Name here", widget=words())
    summary = forms.CharField(
        label="Summary",
        required=False,
        widget=forms.TextInput(attrs={"maxlength": SUMMARY_LENGTH}),
        help_text="One sentence: what it is and what it is for.",
    )
    licence = forms.ChoiceField(label="Licence", choices=LICENCES)
    licence_name = forms.CharField(
        label="Name of the licence",
        required=False,
        help_text="Needed where the licence is “other”.",
    )
    tags = forms.CharField(
        label="Tags", required=False, widget=words(), help_text="Separated by commas."
    )
    card_text = forms.CharField(
        label="Card",
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false"}),
        help_text="Markdown, with or without front matter.",
    )
    note = forms.CharField(
        label="Why",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What reviewers should know, in Markdown.",
    )
    fetched = forms.CharField(required=False, widget=forms.HiddenInput)
    source = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), renderer=get_default_renderer())
        self.fields["licence"].required = False
        edges = (initial or {}).get("edges", [])
        self.edges = EdgeFormSet(data, initial=edges, prefix="edges") if self.has_parents else None
        self.edge_numbers: list[int] = []

    def payload(self) -> Payload:
        """What the proposal's `clean` expects, from whatever was typed."""
        values = {name: self.data.get(name, "") for name in self.payload_fields()}
        if self.edges is not None:
            values["edges"], self.edge_numbers = self.edges.payload()
        return values

    @classmethod
    def payload_fields(cls) -> list[str]:
        return [name for name in cls.base_fields if name not in {"note", "fetched", "source"}]

    def clean(self) -> dict[str, Any]:
        try:
            proposals.get(self.kind).clean(self.payload())
        except Refusal as refusal:
            self.refuse(refusal)
        return self.cleaned_data

    def refuse(self, refusal: Refusal) -> None:
        """Show each error beside its field, and what belongs to none above the form."""
        placed = False
        for name, messages in refusal.fields.items():
            edge = EDGE.fullmatch(name)
            if edge and self.edges is not None:
                form = self.edges.forms[self.edge_numbers[int(edge[1])]]
                # The row shows what it has no field for beside the parent's name.
                field = edge[2] if edge[2] in form.fields else "parent_name"
                form.add_error(field, list(messages))
                self.add_error(None, f"Parent {int(edge[1]) + 1}: {messages[0]}")
            else:
                self.add_error(name if name in self.fields else None, list(messages))
            placed = True
        if not placed:
            self.add_error(None, refusal.message)

    @property
    def fetched_names(self) -> list[str]:
        return str(self["fetched"].value() or "").split()

    def with_prefill(self, prefill: Prefill) -> "ProposalForm":
        """This form filled from the origin. What a person typed stays; what came from the repository
        fetched before gives way to the new one's."""
        moved = self.data.get("source", "") != prefill.payload["repo_id"]
        before = set(str(self.data.get("fetched", "")).split()) if moved else set()
        values = {name: self.data.get(name, "") for name in self.base_fields}
        for name, value in _as_typed(prefill.payload).items():
            if not values.get(name) or name in before | {"repo_id"}:
                values[name] = value
        if self.edges is not None:
            typed, _ = self.edges.payload()
            values["edges"] = prefill.payload["edges"] if not typed or "edges" in before else typed
        values.update(fetched=" ".join(prefill.fetched), source=prefill.payload["repo_id"])
        return type(self)(initial=values)

    def with_another_parent(self) -> "ProposalForm":
        values: dict[str, Any] = {name: self.data.get(name, "") for name in self.base_fields}
        values["edges"] = self.edges.payload()[0] if self.edges is not None else []
        return type(self)(initial=values)

    @classmethod
    def of_payload(cls, payload: Payload) -> "ProposalForm":
        """The form as it stands for an existing version."""
        return cls(initial={**_as_typed(payload), "edges": payload.get("edges", [])})


class VariantForm(ProposalForm):
    kind = "add_variant"
    has_parents = True

    parameters = forms.CharField(
        label="Parameters",
        required=False,
        widget=words(inputmode="numeric"),
        help_text="Counted from the weights' headers where they can be read.",
    )
    architecture = forms.CharField(label="Architecture", required=False, widget=words())


class DatasetForm(ProposalForm):
    kind = "add_dataset"

    purpose = forms.ChoiceField(label="Used for", choices=Purpose.choices, required=False)
    size = forms.CharField(
        label="Size", required=False, help_text="As stated, with its unit: 12,000 rows, 5.2 TB."
    )


FORMS: Mapping[str, type[ProposalForm]] = {form.kind: form for form in (VariantForm, DatasetForm)}


def _as_typed(payload: Payload) -> dict[str, Any]:
    """A payload's values as a person would type them."""
    typed: dict[str, Any] = {}
    for name, value in payload.items():
        if name == "edges":
            continue
        if isinstance(value, list):
            typed[name] = ", ".join(value)
        elif isinstance(value, int):
            typed[name] = f"{value:,}"
        else:
            typed[name] = "" if value is None else value
    return typed
