from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from contributions.proposals.fields.asked import AskedChoice
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Choice(Field):
    """One of a few: `choices` are pairs of what is kept and what people read (TextChoices.choices)."""

    choices: Sequence[tuple[str, Any]] = ()
    default: str = ""
    # What the form offers for nothing; without it, the first choice stands chosen.
    blank: str = ""

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=200) or self.default
        known = [key for key, _ in self.choices]
        allowed = value in known or (not value and not self.required)
        if self.name not in reading.errors and not allowed:
            given = value or "nothing"
            reading.error(self.name, f"Choose one of {', '.join(known)}; {given} was given.")
        reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        choices = [("", self.blank), *self.choices] if self.blank else list(self.choices)
        return AskedChoice(
            label=self.label, required=self.required, help_text=self.help, choices=choices
        )

    def show(self, value: Any) -> str:
        return str(dict(self.choices).get(value, value or ""))

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "choices": [key for key, _ in self.choices]}
