"""What a form carries along and nobody types: which entry is changed, and which revision was read."""

from dataclasses import dataclass
from typing import Any

from django import forms

from contributions.proposals.fields.base import Change
from contributions.proposals.fields.count import Count
from contributions.proposals.fields.names import Address


@dataclass(frozen=True)
class Subject(Address):
    """The entry that is changed, by its address when the change was begun."""

    in_summary: bool = False

    def form_field(self) -> forms.Field:
        return forms.CharField(label=self.label, required=False, widget=forms.HiddenInput)

    def compare(self, before: Any, after: Any) -> Change | None:
        return None


@dataclass(frozen=True)
class BasedOn(Count):
    """The number of the revision that was read: what it published is the base of the change."""

    in_summary: bool = False

    def form_field(self) -> forms.Field:
        return forms.CharField(label=self.label, required=False, widget=forms.HiddenInput)

    def compare(self, before: Any, after: Any) -> Change | None:
        return None
