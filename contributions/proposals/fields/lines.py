from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django import forms

from contributions.merging import merge_lines
from contributions.proposals.fields.asked import Asked, code
from contributions.proposals.fields.reading import Reading
from contributions.proposals.fields.text import Text
from contributions.text_diff import line_diff


@dataclass(frozen=True)
class Lines(Text):
    """A card, a configuration, code: a change is shown line by line, and by words inside a line."""

    sort: ClassVar[str] = "lines"
    is_long: ClassVar[bool] = True

    most: int = 200_000
    rows: int = 10

    def read(self, reading: Reading) -> None:
        reading.text(self.name, most=self.most, required=self.required, lines=True)

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=code(self.rows),
        )

    def detail(self, before: Any, after: Any) -> dict[str, Any]:
        """{"lines": [{"kind", "old", "new", "words"}]} as text_diff.DiffLine has them."""
        return {"lines": [asdict(line) for line in line_diff(self.show(before), self.show(after))]}

    def merge(self, base: Any, mine: Any, theirs: Any) -> Any:
        return merge_lines(base or "", mine or "", theirs or "")
