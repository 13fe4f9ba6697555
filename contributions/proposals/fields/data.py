from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.template.defaultfilters import filesizeformat

from contributions.benchmark_data import BadData, take
from contributions.proposals.fields.asked import Asked, code
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Data(Field):
    """Rows of a benchmark: pasted, or a file of a dataset. The payload names them by their digest."""

    template: ClassVar[str] = "contributions/submit/_data.html"

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        reading.cleaned[self.name] = None
        if not value or (isinstance(value, str) and not value.strip()):
            if self.required:
                reading.error(self.name, "This is needed.")
            return
        try:
            reading.cleaned[self.name] = take(value)
        except BadData as error:
            reading.error(self.name, str(error))

    def form_field(self) -> forms.Field:
        return Asked(label=self.label, required=self.required, help_text=self.help, widget=code(6))

    def typed(self, value: Any) -> Any:
        if not value or isinstance(value, str):
            return value or ""
        if source := value["source"]:
            return f"{source['repo_id']}@{source['commit']}:{source['path']}"
        return f"stored:{value['sha256']}"

    def show(self, value: Any) -> str:
        if not value:
            return ""
        size = filesizeformat(value["bytes"]).replace("\xa0", " ")
        source = value["source"]
        place = (
            f", {source['repo_id']} {source['path']} at {source['commit'][:8]}" if source else ""
        )
        return f"{value['rows']:,} rows, {size}{place}, SHA-256 {value['sha256'][:12]}"
