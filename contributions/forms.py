"""The form of a proposal, made from its fields. What a payload may be, the proposal says; a form only asks.

So every error stands beside its field, whether a page or the API sent the payload.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import get_default_renderer
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.safestring import mark_safe

from contributions.proposals.fields import Field, Rows
from contributions.proposals.fields.asked import words
from contributions.proposals.fields.rows import RowSet
from contributions.proposals.protocol import Clash, Moved, Payload, Prefill, Proposal
from hub.refusal import Refusal

IN_ROW = re.compile(r"(\w+)\.(\d+)\.(\w+)")
COMMIT = re.compile(r"[0-9a-f]{40}")


class Problem(NamedTuple):
    """One line of the summary above the form; `target` is the id of the input, if it has one."""

    target: str
    label: str
    message: str


@dataclass(frozen=True)
class Part:
    """One field as the template draws it: an input, or rows of them."""

    field: Field
    bound: BoundField | None
    rows: RowSet | None
    # Where its value was found, while it stands as the origin gave it.
    fetched: str
    # What somebody else made of it meanwhile, where both cannot be had.
    clash: Clash | None = None


@dataclass(frozen=True)
class Block:
    """A section of the form: parts that share a line stand together."""

    title: str
    lead: str
    lines: list[list[Part]]


class ProposalForm(forms.Form):
    """What a kind asks for, and a note.

    `fetched` remembers what the origin filled in, each name with a digest of the value: what a person
    has corrected since is theirs, and no later fetch touches it.
    """

    is_judged = True

    note = forms.CharField(
        label="Note to reviewers",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it is worth having, what to look at. Markdown.",
    )
    assisted_by = forms.CharField(
        label="Made with the help of",
        required=False,
        widget=words(),
        help_text="Tools that wrote part of it, if any did.",
    )
    sign_off = forms.BooleanField(
        label="I sign it off",
        required=False,
        help_text=mark_safe(
            "I may contribute this under its terms, as the "
            '<a href="/dco/">Developer Certificate of Origin</a> says.'
        ),
    )
    fetched = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        proposal: Proposal,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        *,
        blank_rows: Mapping[str, int] | None = None,
    ) -> None:
        """`initial` as a payload has its values; `blank_rows` are empty rows a name, else one."""
        super().__init__(data, initial=dict(initial or {}), renderer=get_default_renderer())
        self.proposal = proposal
        self.rows: dict[str, RowSet] = {}
        self.clashes: dict[str, Clash] = {}
        for field in proposal.fields:
            if isinstance(field, Rows):
                blank = (blank_rows or {}).get(field.name, 1)
                self.rows[field.name] = field.row_set(
                    data, self.initial.get(field.name), blank=blank
                )
            else:
                self.fields[field.name] = field.form_field()

    @property
    def draft_title(self) -> str:
        """What a list of drafts calls this: the kind, and what it is about as far as it is typed."""
        named = (self.data.get(name, "") for name in ("entry", "repo_id", "variant", "name"))
        about = next((text for text in named if text), "")
        return f"{self.proposal.label}: {about}" if about else self.proposal.label

    @property
    def signed(self) -> dict[str, Any]:
        """What comes with the payload, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ("note", "assisted_by", "sign_off")}

    @classmethod
    def prepared(cls, proposal: Proposal, payload: Payload) -> "ProposalForm":
        """The form with what a link, another version or a revert brings."""
        return cls(proposal, initial=_for_typing(proposal, payload))

    def payload(self) -> Payload:
        """What the proposal's `clean` expects, from whatever was typed."""
        data: Any = self.data
        return {
            field.name: self.rows[field.name].payload()
            if field.name in self.rows
            else field.posted(data)
            for field in self.proposal.fields
        }

    def clean(self) -> dict[str, Any]:
        try:
            self.proposal.clean(self.payload())
        except Refusal as refusal:
            self.refuse(refusal)
        return self.cleaned_data

    def is_valid(self) -> bool:
        return super().is_valid() and all(rows.is_valid() for rows in self.rows.values())

    def refuse(self, refusal: Refusal) -> None:
        """Show each error beside its field, and what belongs to none above the form."""
        for name, messages in refusal.fields.items():
            found = IN_ROW.fullmatch(name)
            if found and found[1] in self.rows:
                self.rows[found[1]].refuse(int(found[2]), found[3], messages)
            else:
                self.add_error(name if name in self.fields else None, list(messages))
        if not refusal.fields:
            self.add_error(None, refusal.message)

    @property
    def problems(self) -> list[Problem]:
        """Every error of the form and of its rows, rows last."""
        if not self.is_bound:
            return []
        found = [Problem("", "", str(error)) for error in self.non_field_errors()]
        if self.is_judged:
            for rows in self.rows.values():
                found += [Problem("", "", str(error)) for error in rows.non_form_errors()]
        found += _problems(self)
        for name, rows in self.rows.items():
            noun = self._field(name).noun.capitalize()
            for number, row in enumerate(rows.forms, start=1):
                found += _problems(row, f"{noun} {number}, ")
        return found

    @property
    def blocks(self) -> list[Block]:
        """The kind's sections, each field with what the template draws it with."""
        untouched = self.untouched()
        return [
            Block(
                section.title,
                section.lead,
                [[self._part(field, untouched) for field in line] for line in section.lines],
            )
            for section in self.proposal.sections
        ]

    def _part(self, field: Field, untouched: set[str]) -> Part:
        fetched = field.source if field.name in untouched and field.name != "repo_id" else ""
        clash = self.clashes.get(field.name)
        if field.name in self.rows:
            return Part(field, None, self.rows[field.name], fetched, clash)
        return Part(field, self[field.name], None, fetched, clash)

    def _field(self, name: str) -> Any:
        return next(field for field in self.proposal.fields if field.name == name)

    def untouched(self) -> set[str]:
        """Names of the values that stand as the origin gave them."""
        pairs = (pair.partition(":") for pair in str(self["fetched"].value() or "").split())
        return {name for name, _, digest in pairs if digest == _digest(self._current(name))}

    def _current(self, name: str) -> Any:
        if name not in self.rows:
            return self[name].value() if name in self.fields else ""
        return self.rows[name].payload() if self.is_bound else self.initial.get(name, [])

    @property
    def asked_revision(self) -> str:
        """What a person typed; the commit that an earlier fetch found asks for the newest again."""
        return "" if "revision" in self.untouched() else str(self["revision"].value() or "")

    def with_only(self, refusal: Refusal) -> "ProposalForm":
        """The same text, and of errors only what `refusal` says: the rest is not judged yet."""
        form = ProposalForm(self.proposal, self.data)  # type: ignore[arg-type]
        form.is_judged = False
        form.refuse(refusal)
        return form

    def full_clean(self) -> None:
        if self.is_judged:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(renderer=self.renderer), {}

    def as_typed(self, *, blank_rows: Mapping[str, int] | None = None) -> "ProposalForm":
        """The same text without its errors."""
        return ProposalForm(self.proposal, initial=self._typed(), blank_rows=blank_rows)

    def _typed(self) -> dict[str, Any]:
        values = {name: self[name].value() for name in self.fields}
        return {**values, **{name: self._current(name) for name in self.rows}}

    def with_prefill(self, prefill: Prefill) -> "ProposalForm":
        """This form filled from the origin. What a person typed or corrected stays."""
        untouched, values = self.untouched(), self._typed()
        for name, value in _for_typing(self.proposal, prefill.payload).items():
            if name in untouched or name == "repo_id" or not values.get(name):
                values[name] = value
        values["fetched"] = _remember(self.proposal, prefill.payload, prefill.fetched)
        return ProposalForm(self.proposal, initial=values)

    def with_theirs(self, moved: Moved, name: str) -> "ProposalForm":
        """The same text, with what somebody else made of the field `name` in place of it."""
        theirs = {clash.field: clash.theirs for clash in moved.clashes if clash.field == name}
        values = {**self._typed(), **_for_typing(self.proposal, theirs)}
        return ProposalForm(self.proposal, initial=values)

    def with_another_row(self, name: str) -> "ProposalForm":
        """One more empty row of `name`, if the kind has such rows."""
        empty = {one: len(rows.forms) - len(rows.payload()) for one, rows in self.rows.items()}
        if name in empty:
            empty[name] += 1
        return self.as_typed(blank_rows=empty)

    @classmethod
    def of_payload(
        cls, proposal: Proposal, payload: Payload, *, pinned_card: str = ""
    ) -> "ProposalForm":
        """The form for the next version. What came from the repository follows a new fetch."""
        followed = []
        if proposal.origin_kind:
            followed = ["revision"] if COMMIT.fullmatch(payload["revision"]) else []
            if payload["card_text"].strip() == pinned_card.strip():
                followed.append("card_text")
        fetched = _remember(proposal, payload, followed)
        return cls(proposal, initial={**_for_typing(proposal, payload), "fetched": fetched})


def _problems(form: forms.BaseForm, prefix: str = "") -> list[Problem]:
    return [
        Problem(field.id_for_label, f"{prefix}{field.label}", str(error))
        for field in form
        for error in field.errors
    ]


def _for_typing(proposal: Proposal, payload: Payload) -> dict[str, Any]:
    """A payload's values as a person would type them; rows as they are."""
    return {
        # What a link brings is typed already.
        field.name: payload[field.name]
        if isinstance(payload[field.name], str)
        else field.typed(payload[field.name])
        for field in proposal.fields
        if field.name in payload
    }


def _remember(proposal: Proposal, payload: Payload, names: Iterable[str]) -> str:
    values = _for_typing(proposal, payload)
    return " ".join(f"{name}:{_digest(values[name])}" for name in names)


def _digest(value: Any) -> str:
    """Short, and blind to what a browser does to line ends."""
    if isinstance(value, list):
        text = json.dumps(value, sort_keys=True)
    else:
        text = str(value or "").replace("\r\n", "\n").strip()
    return f"{zlib.crc32(text.encode()):08x}"
