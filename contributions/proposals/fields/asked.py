"""Form fields that leave judging to the proposal: so a page and the API say the same of a mistake."""

from typing import Any

from django import forms


class Asked(forms.CharField):
    """Needed, to the eye; the proposal is the one that says what is missing."""

    def validate(self, value: Any) -> None:
        pass


class AskedChoice(forms.ChoiceField):
    """A value that is no choice is told by the proposal, in its own words."""

    def validate(self, value: Any) -> None:
        pass


def words(**attrs: Any) -> forms.TextInput:
    """An input for names and numbers, which no browser completes or corrects."""
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})


def code(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "mono", "spellcheck": "false"})
