from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from contributions.merging import merge_sets
from contributions.proposals.fields.asked import Asked, words
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Tags(Field):
    """A set of words: a list, or one text with commas. Repeats are dropped, order is kept."""

    sort: ClassVar[str] = "set"

    most: int = 60

    def read(self, reading: Reading) -> None:
        value = reading.payload.get(self.name)
        if isinstance(value, str):
            value = value.split(",")
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            reading.error(self.name, "This has to be a list of words.")
            value = []
        tags = [tag for tag in dict.fromkeys(" ".join(tag.split()) for tag in value) if tag]
        if any(len(tag) > 60 or "\x00" in tag for tag in tags):
            reading.error(self.name, "A tag has at most 60 characters.")
        if len(tags) > self.most:
            reading.error(self.name, f"Use at most {self.most} tags; these are {len(tags)}.")
        if self.required and not tags and self.name not in reading.errors:
            reading.error(self.name, "This is needed.")
        reading.cleaned[self.name] = tags

    def form_field(self) -> forms.Field:
        return Asked(label=self.label, required=self.required, help_text=self.help, widget=words())

    def typed(self, value: Any) -> Any:
        return self.show(value)

    def show(self, value: Any) -> str:
        return ", ".join(value or [])

    def detail(self, before: Any, after: Any) -> dict[str, Any]:
        """{"removed": [str], "added": [str]}, each in the order of its list."""
        old, new = before or [], after or []
        return {
            "removed": [tag for tag in old if tag not in new],
            "added": [tag for tag in new if tag not in old],
        }

    def merge(self, base: Any, mine: Any, theirs: Any) -> Any:
        return merge_sets(base or [], mine or [], theirs or [])
