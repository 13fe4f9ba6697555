from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from contributions.curves import Curve as Points
from contributions.curves import CurveError, read
from contributions.proposals.fields.asked import Asked, code
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Curve(Field):
    """A loss curve: kept as {"steps": [int], "tokens": [int], "losses": [float]}, typed as CSV."""

    template: ClassVar[str] = "contributions/submit/_curve.html"

    in_summary: bool = False
    rows: int = 6

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        reading.cleaned[self.name] = None
        if value is None or (isinstance(value, str) and not value.strip()):
            if self.required:
                reading.error(self.name, "This is needed.")
            return
        try:
            reading.cleaned[self.name] = read(value).as_json()
        except CurveError as error:
            reading.error(self.name, str(error))

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label, required=self.required, help_text=self.help, widget=code(self.rows)
        )

    def typed(self, value: Any) -> Any:
        return "" if value is None else Points.of(value).as_csv()

    def show(self, value: Any) -> str:
        if value is None:
            return ""
        points = Points.of(value)
        return f"{len(points.steps):,} points to step {points.steps[-1]:,}, last {points.losses[-1]:.4g}"
