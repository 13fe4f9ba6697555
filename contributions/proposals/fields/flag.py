from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Flag(Field):
    """True or false; a box to tick."""

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name, False)
        if not isinstance(value, bool):
            reading.error(self.name, "This has to be true or false.")
            value = False
        if self.required and not value and self.name not in reading.errors:
            reading.error(self.name, "This is needed.")
        reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        return forms.BooleanField(label=self.label, required=False, help_text=self.help)

    def posted(self, data: QueryDict) -> Any:
        return data.get(self.name, "") not in {"", "False", "false"}

    def typed(self, value: Any) -> Any:
        return bool(value)

    def show(self, value: Any) -> str:
        return "yes" if value else "no"
