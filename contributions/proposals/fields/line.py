from dataclasses import dataclass

from django import forms

from contributions.proposals.fields.asked import Asked, words
from contributions.proposals.fields.reading import Reading
from contributions.proposals.fields.text import Text


@dataclass(frozen=True)
class Line(Text):
    """One line of code: a pattern, a template. Every space in it counts."""

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=self.most, required=self.required, lines=True)
        if "\n" in value:
            reading.error(self.name, "This has to be one line.")

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=words(**{"class": "mono"}),
        )
