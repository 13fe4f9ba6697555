import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from contributions.proposals.fields.asked import Asked, words
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading

# As people write sizes: 7B, 1.5 B, 130M, 7,615,616,512.
WRITTEN = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,12})?)([kmbt]?)", re.IGNORECASE)
TIMES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


@dataclass(frozen=True)
class Count(Field):
    """A whole number or None."""

    most: int = 10**15

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        value = counted(value) if isinstance(value, str) else value
        reading.cleaned[self.name] = None
        if value is None:
            if self.required:
                reading.error(self.name, "This is needed.")
        elif isinstance(value, bool) or not isinstance(value, int):
            reading.error(self.name, "This has to be a whole number, such as 264 or 7B.")
        elif not 0 <= value <= self.most:
            reading.error(self.name, f"This has to lie between 0 and {self.most:,}.")
        else:
            reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        return Asked(label=self.label, required=self.required, help_text=self.help, widget=words())

    def typed(self, value: Any) -> Any:
        return self.show(value)

    def show(self, value: Any) -> str:
        return "" if value is None else f"{value:,}"


def counted(text: str) -> int | str | None:
    """`1.5 B` is 1500000000; None for nothing; the text itself where it is no whole number."""
    digits = re.sub(r"[,\s_]", "", text)
    if not digits:
        return None
    written = WRITTEN.fullmatch(digits)
    if not written:
        return text
    number = Decimal(written[1]) * TIMES[written[2].lower()]
    return int(number) if number == number.to_integral_value() else text
