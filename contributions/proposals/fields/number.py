import math
from dataclasses import dataclass
from typing import Any

from django import forms

from contributions.proposals.fields.asked import Asked, words
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Number(Field):
    """A finite number within its bounds, or None."""

    least: float | None = None
    most: float | None = None

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        value = _parsed(value.strip()) if isinstance(value, str) else value
        reading.cleaned[self.name] = None
        if value is None:
            if self.required:
                reading.error(self.name, "This is needed.")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            reading.error(self.name, "This has to be a number.")
        elif not math.isfinite(value):
            reading.error(self.name, "This has to be a finite number.")
        elif self.least is not None and value < self.least:
            reading.error(self.name, f"This has to be at least {self.least:g}.")
        elif self.most is not None and value > self.most:
            reading.error(self.name, f"This has to be at most {self.most:g}.")
        else:
            reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=words(inputmode="decimal"),
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "least": self.least, "most": self.most}


def _parsed(text: str) -> float | str | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text
