from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from contributions.proposals.fields.asked import Asked
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Day(Field):
    """A day of the past as YYYY-MM-DD; empty where it is not known."""

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=10, required=self.required)
        if not value or self.name in reading.errors:
            return
        try:
            day = date.fromisoformat(value)
        except ValueError:
            reading.error(self.name, "Write the day as 2025-01-31.")
        else:
            if day > date.today():  # noqa: DTZ011 TIME_ZONE is UTC, which Django sets for the process
                reading.error(self.name, "That day has not come yet.")

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=forms.DateInput(attrs={"type": "date"}),
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "format": "date"}
