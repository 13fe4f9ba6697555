from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from contributions.proposals.fields.asked import Asked
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading
from hub.word_diff import word_diff


@dataclass(frozen=True)
class Text(Field):
    """One line of words; a change is shown word by word."""

    sort: ClassVar[str] = "words"

    most: int = 300

    def read(self, reading: Reading) -> None:
        reading.text(self.name, most=self.most, required=self.required)

    def form_field(self) -> forms.Field:
        return Asked(label=self.label, required=self.required, help_text=self.help)

    def detail(self, before: Any, after: Any) -> dict[str, Any]:
        """{"words": [["", "kept"], ["del", "gone"], ["add", "new"]]}"""
        return {"words": word_diff(self.show(before), self.show(after))}

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "most": self.most}


@dataclass(frozen=True)
class Prose(Text):
    """Markdown of a few paragraphs."""

    is_long: ClassVar[bool] = True

    most: int = 10_000
    rows: int = 4

    def read(self, reading: Reading) -> None:
        reading.text(self.name, most=self.most, required=self.required, lines=True)

    def form_field(self) -> forms.Field:
        area = forms.Textarea(attrs={"rows": self.rows})
        return Asked(label=self.label, required=self.required, help_text=self.help, widget=area)
