"""What people may ask of a board's page, checked in one place for the page and the API."""

import re
from typing import Any

from django import forms

from evaluations.leaderboards import PAGE_SIZE, Column, View, order
from evaluations.uploads.files import LARGEST_RESULTS
from hub.keyset import MAX_SIZE, UnknownOrdering

UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmbt]?)", re.IGNORECASE)


class SizeField(forms.CharField):
    """A count as people write it: 7B, 482k, 1500000."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).replace(",", "").strip()
        if not text:
            return None
        found = SIZE.fullmatch(text)
        if found is None:
            raise forms.ValidationError("Write a number of parameters, such as 7B or 480k.")
        return min(round(float(found[1]) * UNITS[found[2].lower()]), 2**63 - 1)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; `clean` answers a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, list | tuple) and data else [data]
        return [super(FilesField, self).clean(each, initial) for each in files]


class UploadForm(forms.Form):
    """What lm_eval wrote: one results file, and the samples of its tasks, told apart by their names."""

    files = FilesField(  # type: ignore[assignment]
        label="Files",
        help_text="results_….json and, better, every samples_….jsonl that --log_samples wrote beside it.",
    )
    note = forms.CharField(
        required=False,
        max_length=2000,
        label="Note",
        help_text="What one should know: the machine, anything unusual.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_files(self) -> list[Any]:
        """The results file first."""
        files: list[Any] = self.cleaned_data["files"]
        results = [each for each in files if (each.name or "").endswith(".json")]
        if len(results) != 1:
            raise forms.ValidationError("Send exactly one results file (results_….json).")
        if (results[0].size or 0) > LARGEST_RESULTS:
            raise forms.ValidationError("That is too large for a file of results.")
        return [*results, *(each for each in files if each is not results[0])]

    def given(self) -> dict[str, Any]:
        """What actions/upload_results.py takes."""
        results, *samples = self.cleaned_data["files"]
        return {
            "results": results.read(),
            "samples": [(each.name, each.file) for each in samples],
            "note": self.cleaned_data["note"],
        }


class BoardForm(forms.Form):
    """Filters, order and view of a board. A field that makes no sense is named and left out."""

    q = forms.CharField(required=False, max_length=200, strip=True, label="Name")
    owner = forms.CharField(required=False, max_length=96)
    licence = forms.CharField(required=False, max_length=60)
    relation = forms.CharField(required=False, max_length=30)
    min_parameters = SizeField(required=False, max_length=20, label="Parameters from")
    max_parameters = SizeField(required=False, max_length=20, label="to")
    ordering = forms.CharField(required=False, max_length=100)
    view = forms.ChoiceField(required=False, choices=[("raw", "raw"), ("normalised", "normalised")])
    cursor = forms.CharField(required=False, max_length=500)
    page_size = forms.IntegerField(required=False, min_value=1, max_value=MAX_SIZE)

    def __init__(self, data: Any, columns: list[Column]) -> None:
        super().__init__(data)
        self.columns = columns

    def clean_ordering(self) -> str:
        ordering: str = self.cleaned_data["ordering"] or "rank"
        try:
            order(ordering, self.columns)
        except UnknownOrdering as error:
            raise forms.ValidationError(str(error)) from error
        return ordering

    def asked(self) -> View:
        """The view that the valid fields describe."""
        data = self.cleaned_data if hasattr(self, "cleaned_data") else {}
        return View(
            ordering=data.get("ordering") or "rank",
            owner=data.get("owner", ""),
            licence=data.get("licence", ""),
            relation=data.get("relation", ""),
            text=data.get("q", ""),
            min_parameters=data.get("min_parameters"),
            max_parameters=data.get("max_parameters"),
            raw=data.get("view") != "normalised",
            cursor=data.get("cursor", ""),
            size=data.get("page_size") or PAGE_SIZE,
        )
