"""What every sort of field has: it reads, asks, shows, compares. A kind's form, API, diff come from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from contributions.merging import merge_values
from contributions.proposals.fields.reading import Reading

# A proposal's content as it stands in Version.payload: JSON-ready, checked by `clean`.
Payload = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of a proposal's summary: field name, label, value as people read it."""

    field: str
    label: str
    value: str
    # A value of many lines, which is folded away.
    is_long: bool = False


@dataclass(frozen=True)
class Change:
    """One field that differs between two payloads, both values as people read them.

    `sort` names the template that draws it (templates/contributions/changes/_<sort>.html), `detail`
    is what that template needs and the API tells; its shape is the sort's (Field.detail).
    """

    field: str
    label: str
    sort: str
    before: str
    after: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One named value of a payload, and all that forms, API and pages need to know of it."""

    # Names the template of a change; `before` and `after` stand side by side where it is "scalar".
    sort: ClassVar[str] = "scalar"
    # The piece of the form: handed `field` (bound), `fetched`, `validate_url`.
    template: ClassVar[str] = "_field.html"
    is_long: ClassVar[bool] = False

    name: str
    label: str
    help: str = ""
    required: bool = False
    # Where a fetched value was found, as the form says it.
    source: str = "the card"
    # Shown beside the name rather than in a line of its own.
    in_summary: bool = True

    def read(self, reading: Reading) -> None:
        """Put the normalised value into `reading.cleaned`, or an error beside this name."""
        raise NotImplementedError

    def form_field(self) -> forms.Field:
        """Leaves judging to `read`: a form only asks."""
        raise NotImplementedError

    def posted(self, data: QueryDict) -> Any:
        """What `read` expects, from what a browser sent."""
        return data.get(self.name, "")

    def typed(self, value: Any) -> Any:
        """The value as a person would type it into the form."""
        return "" if value is None else str(value)

    def show(self, value: Any) -> str:
        """The value as people read it, on one line unless `is_long`; empty for nothing."""
        return "" if value is None else str(value)

    def row(self, payload: Payload) -> Row | None:
        """Its line of the summary; None where there is none."""
        if not self.in_summary:
            return None
        return Row(self.name, self.label, self.show(payload.get(self.name)), self.is_long)

    def compare(self, before: Any, after: Any) -> Change | None:
        """None where nothing changed. A version from before this field existed has None."""
        if before == after:
            return None
        shown = self.show(before), self.show(after)
        return Change(self.name, self.label, self.sort, *shown, self.detail(before, after))

    def detail(self, before: Any, after: Any) -> dict[str, Any]:
        """What more there is to say of a change, JSON-ready."""
        return {}

    def merge(self, base: Any, mine: Any, theirs: Any) -> Any:
        """What both sides want of this field, where they can both have it. Raises Conflict."""
        return merge_values(base, mine, theirs)

    def describe(self) -> dict[str, Any]:
        """This field for scripts: name, label, help, required, and what its sort adds."""
        return {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "required": self.required,
            "sort": type(self).__name__.lower(),
        }


@dataclass(frozen=True, init=False)
class Section:
    """Fields under one heading of the form. A tuple of fields stands on one line."""

    title: str
    lead: str
    lines: tuple[tuple[Field, ...], ...]

    def __init__(self, title: str, lead: str, *lines: Field | tuple[Field, ...]) -> None:
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "lead", lead)
        rows = tuple(line if isinstance(line, tuple) else (line,) for line in lines)
        object.__setattr__(self, "lines", rows)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(one for line in self.lines for one in line)
