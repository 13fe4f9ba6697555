"""All changes of one baseline beside each other, and as CSV."""

import csv
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contributions.baselines import HEADERS, as_rows, changes_of, read_lines
from contributions.filters import SORTING, ContributionFilter
from contributions.models import Contribution
from hub.http import render_page
from hub.listing import narrow_by, read_list
from hub.models import ModelVariant

# Changes of one query of an export: memory stays that of one batch.
BATCH = 200


@require_safe
def baseline_changes(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    baseline = _baseline(owner, name)
    if (baseline.owner, baseline.name) != (owner, name):
        return redirect("baseline_changes", baseline.owner, baseline.name)
    listing = read_list(
        request, changes_of(baseline), filters=ContributionFilter, sorting=SORTING, size=25
    )
    context = {
        "section": "contributions",
        "baseline": baseline,
        "listing": listing,
        "lines": read_lines(baseline, listing.rows),
        "selects": narrow_by(listing, state=None, group=None).selects,
    }
    return render_page(request, "contributions/baseline_changes.html", context, partial="results")


@require_safe
def baseline_export(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    baseline = _baseline(owner, name)
    answer = StreamingHttpResponse(_csv_lines(baseline), content_type="text/csv")
    file = f"changes-of-{baseline.owner}-{baseline.name}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _baseline(owner: str, name: str) -> ModelVariant:
    baseline = ModelVariant.objects.at(owner, name)
    if baseline is None:
        raise Http404("There is no such variant.")
    return baseline


class _Echo:
    """A file for the csv module that hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(baseline: ModelVariant) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADERS)
    last = None
    while batch := _batch(baseline, last):
        for row in as_rows(read_lines(baseline, batch)):
            yield writer.writerow([_safe(value) for value in row])
        last = batch[-1].pk


def _batch(baseline: ModelVariant, last: int | None) -> list[Contribution]:
    newest = changes_of(baseline).order_by("-pk")
    return list((newest if last is None else newest.filter(pk__lt=last))[:BATCH])


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    risky = isinstance(value, str) and value.startswith(("=", "+", "-", "@"))
    return f"'{value}" if risky else value
