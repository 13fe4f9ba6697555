from dataclasses import dataclass, replace
from typing import Any

from django import forms

from contributions.proposals.fields.base import Change, Field
from contributions.proposals.fields.reading import Reading


@dataclass(frozen=True)
class Derived(Field):
    """What the kind works out in `validate` from the other fields; shown as `like` shows it.

    Whatever is sent for it is passed over, so that a payload that was read can be sent back.
    """

    like: Field | None = None
    in_summary: bool = False

    def read(self, reading: Reading) -> None:
        reading.cleaned[self.name] = None

    def form_field(self) -> forms.Field:
        return forms.CharField(label=self.label, required=False, widget=forms.HiddenInput)

    def posted(self, data: Any) -> Any:
        return None

    def typed(self, value: Any) -> Any:
        return ""

    def show(self, value: Any) -> str:
        return self.like.show(value) if self.like else ""

    def compare(self, before: Any, after: Any) -> Change | None:
        if self.like is None:
            return None
        return replace(self.like, name=self.name, label=self.label).compare(before, after)
