"""A list of objects: rows of a form, one small form each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from contributions.merging import merge_mappings
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


class RowForm(forms.Form):
    """One row. A row in which nothing is typed is left out."""

    columns: ClassVar[tuple[Field, ...]] = ()

    def row(self) -> dict[str, Any] | None:
        """This row as the payload has it; None where it is empty."""
        data = cast(QueryDict, self.data)
        values = {
            column.name: replace(column, name=self.add_prefix(column.name)).posted(data)
            for column in self.columns
        }
        return values if any(value not in {"", False} for value in values.values()) else None

    def refuse(self, name: str, row: Mapping[str, Any], messages: Sequence[str]) -> None:
        """What the row has no input for is shown beside its first one."""
        shown = name in self.fields and not self[name].is_hidden
        self.add_error(name if shown else next(iter(self.fields)), list(messages))


class RowSet(BaseFormSet):  # type: ignore[type-arg]
    @cached_property
    def filled(self) -> list[tuple[RowForm, dict[str, Any]]]:
        """The rows that say something, each with its form. An error that is added later drops none."""
        rows = [(form, form.row()) for form in cast(list[RowForm], self.forms)]
        return [(form, row) for form, row in rows if row is not None]

    def payload(self) -> list[dict[str, Any]]:
        return [row for _, row in self.filled]

    def refuse(self, position: int, name: str, messages: Sequence[str]) -> None:
        """`position` counts the filled rows, as the payload does."""
        form, row = self.filled[position]
        form.refuse(name, row, messages)


@dataclass(frozen=True)
class Rows(Field):
    """A list of objects, each with the same `columns`; errors are named `edges.0.relation`."""

    sort: ClassVar[str] = "rows"
    template: ClassVar[str] = "contributions/submit/_rows.html"

    columns: tuple[Field, ...] = ()
    most: int = 64
    # What one of them is called: “Another parent”.
    noun: str = "row"

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        value = [] if value is None else value
        reading.cleaned[self.name] = []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            reading.error(self.name, "This has to be a list of objects.")
        elif len(value) > self.most:
            reading.error(self.name, f"At most {self.most} are possible; these are {len(value)}.")
        elif self.required and not value:
            reading.error(self.name, "At least one is needed.")
        else:
            for position, row in enumerate(value):
                inner = Reading(row)
                self.read_row(inner)
                inner.refuse_unknown()
                for name, messages in inner.errors.items():
                    reading.errors[f"{self.name}.{position}.{name}"] = messages
                reading.cleaned[self.name].append(inner.cleaned)

    def read_row(self, reading: Reading) -> None:
        for column in self.columns:
            column.read(reading)

    def row_form(self) -> type[RowForm]:
        fields = {column.name: column.form_field() for column in self.columns}
        return type("RowForm", (RowForm,), {**fields, "columns": self.columns})

    def row_set(self, data: QueryDict | None, initial: Any, *, blank: int) -> RowSet:
        """The rows as posted, or those of `initial` and `blank` empty ones."""
        made = formset_factory(self.row_form(), formset=RowSet, max_num=self.most)
        typed = [self._typed_row(row) for row in initial or []]
        rows = cast(RowSet, made(data, initial=typed, prefix=self.name))
        rows.extra = blank
        return rows

    def _typed_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        known = {column.name: column for column in self.columns}
        return {
            name: known[name].typed(value) if name in known else value
            for name, value in row.items()
        }

    def typed(self, value: Any) -> Any:
        return value or []

    def show(self, value: Any) -> str:
        return "; ".join(self.show_row(row) for row in value or [])

    def show_row(self, row: Mapping[str, Any]) -> str:
        shown = (column.show(row.get(column.name)) for column in self.columns)
        return ", ".join(text for text in shown if text)

    def keyed(self, rows: Any) -> dict[str, Mapping[str, Any]]:
        """Each row by what makes it the same row in another version: its first column."""
        keyed: dict[str, Mapping[str, Any]] = {}
        for row in rows or []:
            key = str(row.get(self.columns[0].name, "")).lower()
            while key in keyed:
                key += "'"
            keyed[key] = row
        return keyed

    def detail(self, before: Any, after: Any) -> dict[str, Any]:
        """{"removed": [str], "added": [str], "changed": [{"before": str, "after": str}]}"""
        old, new = self.keyed(before), self.keyed(after)
        return {
            "removed": [self.show_row(row) for key, row in old.items() if key not in new],
            "added": [self.show_row(row) for key, row in new.items() if key not in old],
            "changed": [
                {"before": self.show_row(old[key]), "after": self.show_row(row)}
                for key, row in new.items()
                if key in old and old[key] != row
            ],
        }

    def merge(self, base: Any, mine: Any, theirs: Any) -> Any:
        return merge_mappings(self.keyed(base), self.keyed(mine), self.keyed(theirs))

    def describe(self) -> dict[str, Any]:
        columns = [column.describe() for column in self.columns]
        return {**super().describe(), "most": self.most, "columns": columns}
