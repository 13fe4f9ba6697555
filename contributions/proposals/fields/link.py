from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from contributions.proposals.fields.asked import Asked
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading

valid = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Link(Field):
    """An address on the web, for people to follow; the hub itself never fetches it."""

    most: int = 500

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=self.most, required=self.required)
        if value and self.name not in reading.errors:
            try:
                valid(value)
            except ValidationError:
                reading.error(self.name, "Give a whole address, such as https://arxiv.org/abs/….")

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=forms.URLInput(attrs={"placeholder": "https://"}),
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "most": self.most}
