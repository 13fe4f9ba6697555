"""The forms that make payloads. What a payload may be, its proposal says; a form only asks and shows.

So every error stands beside its field, whether a page or the API sent the payload.
"""

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.forms.renderers import get_default_renderer
from django.forms.utils import ErrorDict
from django.http import QueryDict

from contributions import proposals
from contributions.parent_rows import Asked, AskedChoice, EdgeRows, edge_rows, words
from contributions.proposals.protocol import Payload, Prefill
from hub import cards
from hub.models.dataset import Purpose
from hub.refusal import Refusal

LICENCES = [
    ("", "Choose a licence"),
    *sorted(cards.LICENCES.items(), key=lambda row: row[1].lower()),
]
EDGE = re.compile(r"edges\.(\d+)\.(\w+)")
COMMIT = re.compile(r"[0-9a-f]{40}")
# Where a fetched value was found; what is not named here stands in the card.
SOURCES = {
    "owner": "the repository",
    "name": "the repository",
    "revision": "the repository",
    "card_text": "the repository",
    "parameters": "the weights",
    "architecture": "config.json",
}


class Problem(NamedTuple):
    """One line of the summary above the form; `target` is the id of the input, if it has one."""

    target: str
    label: str
    message: str


class ProposalForm(forms.Form):
    """What every kind asks for.

    `fetched` remembers what the origin filled in, each name with a digest of the value: what a person
    has corrected since is theirs, and no later fetch touches it.
    """

    kind: ClassVar[str]
    has_parents: ClassVar[bool] = False
    is_judged = True

    repo_id = Asked(
        label="Repository",
        widget=words(placeholder="owner/name"),
        help_text="Owner and name at the origin, such as <code>Qwen/Qwen2.5-7B</code>.",
    )
    revision = forms.CharField(
        label="Revision",
        required=False,
        widget=words(**{"class": "mono"}),
        help_text="Branch, tag or commit. The first check pins it to a commit.",
    )
    owner = Asked(label="Owner here", widget=words())
    name = Asked(label="Name here", widget=words())
    summary = forms.CharField(
        label="Summary", required=False, help_text="One sentence: what it is and what it is for."
    )
    licence = AskedChoice(label="Licence", choices=LICENCES)
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
        label="Note to reviewers",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it is worth having, what to look at. Markdown.",
    )
    fetched = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        *,
        blank_rows: int = 1,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), renderer=get_default_renderer())
        self.edges: EdgeRows | None = None
        if self.has_parents:
            parents = (initial or {}).get("edges", [])
            self.edges = edge_rows(data, parents, blank=blank_rows)

    @classmethod
    def payload_fields(cls) -> list[str]:
        return [name for name in cls.base_fields if name not in {"note", "fetched"}]

    def payload(self) -> Payload:
        """What the proposal's `clean` expects, from whatever was typed."""
        values = {name: self.data.get(name, "") for name in self.payload_fields()}
        if self.edges is not None:
            values["edges"] = self.edges.payload()
        return values

    def clean(self) -> dict[str, Any]:
        try:
            proposals.get(self.kind).clean(self.payload())
        except Refusal as refusal:
            self.refuse(refusal)
        return self.cleaned_data

    def is_valid(self) -> bool:
        return super().is_valid() and (self.edges is None or self.edges.is_valid())

    def refuse(self, refusal: Refusal) -> None:
        """Show each error beside its field, and what belongs to none above the form."""
        for name, messages in refusal.fields.items():
            edge = EDGE.fullmatch(name)
            if edge and self.edges is not None:
                self.edges.refuse(int(edge[1]), edge[2], messages)
            else:
                self.add_error(name if name in self.fields else None, list(messages))
        if not refusal.fields:
            self.add_error(None, refusal.message)

    @property
    def problems(self) -> list[Problem]:
        """Every error of the form and of its rows, rows of parents last."""
        if not self.is_bound:
            return []
        found = [Problem("", "", str(error)) for error in self.non_field_errors()]
        if self.edges is not None and self.is_judged:
            found += [Problem("", "", str(error)) for error in self.edges.non_form_errors()]
        found += _problems(self)
        for number, row in enumerate(self.edges.forms if self.edges else [], start=1):
            found += _problems(row, f"Parent {number}, ")
        return found

    def untouched(self) -> set[str]:
        """Names of the values that stand as the origin gave them."""
        pairs = (pair.partition(":") for pair in str(self["fetched"].value() or "").split())
        return {name for name, _, digest in pairs if digest == _digest(self._current(name))}

    def _current(self, name: str) -> Any:
        if name != "edges":
            return self[name].value() if name in self.fields else ""
        if self.is_bound:
            return self.edges.payload() if self.edges is not None else []
        return self.initial.get("edges", [])

    def mark_fetched(self) -> None:
        """Tell each field, for the template, where its value was found."""
        for name in self.untouched() - {"repo_id", "edges"}:
            if name in self.fields:
                self[name].fetched = SOURCES.get(name, "the card")  # type: ignore[attr-defined]

    @property
    def asked_revision(self) -> str:
        """What a person typed; the commit that an earlier fetch found asks for the newest again."""
        return "" if "revision" in self.untouched() else str(self["revision"].value() or "")

    def with_only(self, refusal: Refusal) -> "ProposalForm":
        """The same text, and of errors only what `refusal` says: the rest is not judged yet."""
        form = type(self)(self.data)  # type: ignore[arg-type]
        form.is_judged = False
        form.refuse(refusal)
        return form

    def full_clean(self) -> None:
        if self.is_judged:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(renderer=self.renderer), {}

    def as_typed(self, *, blank_rows: int = 1) -> "ProposalForm":
        """The same text without its errors."""
        return type(self)(initial=self._typed(), blank_rows=blank_rows)

    def _typed(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: self.data.get(name, "") for name in self.base_fields}
        return {**values, "edges": self._current("edges")}

    def with_prefill(self, prefill: Prefill) -> "ProposalForm":
        """This form filled from the origin. What a person typed or corrected stays."""
        untouched, values = self.untouched(), self._typed()
        for name, value in _for_typing(prefill.payload).items():
            if name in untouched or name == "repo_id" or not values.get(name):
                values[name] = value
        values["fetched"] = _remember(prefill.payload, prefill.fetched)
        return type(self)(initial=values)

    def with_another_parent(self) -> "ProposalForm":
        rows = self.edges.forms if self.edges is not None else []
        empty = len(rows) - len(self._current("edges"))
        return self.as_typed(blank_rows=empty + 1)

    @classmethod
    def of_payload(cls, payload: Payload, *, pinned_card: str) -> "ProposalForm":
        """The form for the next version. What came from the repository follows a new fetch."""
        followed = [name for name in ("revision",) if COMMIT.fullmatch(payload["revision"])]
        if payload["card_text"].strip() == pinned_card.strip():
            followed.append("card_text")
        fetched = _remember(payload, followed)
        return cls(initial={**_for_typing(payload), "fetched": fetched})


class VariantForm(ProposalForm):
    kind = "add_variant"
    has_parents = True

    parameters = forms.CharField(
        label="Parameters",
        required=False,
        widget=words(inputmode="numeric"),
        help_text="Counted from the headers of the weights where they can be read.",
    )
    architecture = forms.CharField(label="Architecture", required=False, widget=words())


class DatasetForm(ProposalForm):
    kind = "add_dataset"

    purpose = AskedChoice(label="Used for", choices=Purpose.choices)
    size = forms.CharField(
        label="Size", required=False, help_text="As stated, with its unit: 12,000 rows, 5.2 TB."
    )


FORMS: Mapping[str, type[ProposalForm]] = {form.kind: form for form in (VariantForm, DatasetForm)}


def _problems(form: forms.BaseForm, prefix: str = "") -> list[Problem]:
    return [
        Problem(field.id_for_label, f"{prefix}{field.label}", str(error))
        for field in form
        for error in field.errors
    ]


def _for_typing(payload: Payload) -> dict[str, Any]:
    """A payload's values as a person would type them; the rows of parents as they are."""
    typed: dict[str, Any] = {}
    for name, value in payload.items():
        if isinstance(value, list) and name != "edges":
            typed[name] = ", ".join(value)
        elif isinstance(value, int):
            typed[name] = f"{value:,}"
        else:
            typed[name] = "" if value is None else value
    return typed


def _remember(payload: Payload, names: Any) -> str:
    values = _for_typing(payload)
    return " ".join(f"{name}:{_digest(values[name])}" for name in names)


def _digest(value: Any) -> str:
    """Short, and blind to what a browser does to line ends."""
    if isinstance(value, list):
        text = json.dumps(value, sort_keys=True)
    else:
        text = str(value or "").replace("\r\n", "\n").strip()
    return f"{zlib.crc32(text.encode()):08x}"
