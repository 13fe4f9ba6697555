from dataclasses import dataclass

from django import forms

from contributions import obligations
from contributions.proposals.fields.asked import AskedChoice
from contributions.proposals.fields.base import Field, Payload, Row
from contributions.proposals.fields.reading import Reading
from contributions.proposals.fields.text import Text
from hub import cards

LICENCES = [
    ("", "Choose a licence"),
    *sorted(cards.LICENCES.items(), key=lambda row: row[1].lower()),
]


@dataclass(frozen=True)
class Licence(Field):
    """A key of the Hugging Face Hub; `other` needs a name (LicenceName)."""

    def read(self, reading: Reading) -> None:
        key = reading.text(self.name, most=60, required=self.required).lower()
        if key and not cards.is_known_licence(key):
            message = f"{key} is not a licence key. Use one, or other with its name."
            reading.error(self.name, message)
        reading.cleaned[self.name] = key

    def form_field(self) -> forms.Field:
        return AskedChoice(
            label=self.label, required=self.required, help_text=self.help, choices=LICENCES
        )


@dataclass(frozen=True)
class LicenceName(Text):
    """Read after its licence, which it names where that is `other`."""

    of: str = "licence"

    def read(self, reading: Reading) -> None:
        called = reading.text(self.name, most=self.most)
        if reading.cleaned[self.of] == obligations.OTHER and not called:
            reading.error(self.name, "Name the licence that other stands for.")

    def row(self, payload: Payload) -> Row | None:
        return super().row(payload) if payload.get(self.name) else None
