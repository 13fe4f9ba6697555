"""What contributions put on the hub's pages; registered when this is imported (apps.py)."""

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from contributions.baselines import change_of, changes_of
from contributions.change_shown import change_shown
from contributions.citation import bibtex
from contributions.credit import behind, downstream_of, reproduced_by
from contributions.models import Contribution, Reference
from contributions.page import read_lines
from contributions.watching import read_watched
from evaluations.models import Benchmark, Run
from hub import panels
from hub.models import Dataset, ModelVariant, User

WAITING = 5
MERGED = 5
SHOWN = 5


def front_waiting(request: HttpRequest, _: object) -> panels.Filled:
    """What somebody could review now, newest first. Those sent back wait for their authors."""
    waiting = Contribution.objects.filter(state__in=["open", "approved"])
    rows = list(waiting.select_related("author")[: WAITING + 1])
    context = {"lines": read_lines(rows[:WAITING]), "more": len(rows) > WAITING}
    return "contributions/_front_waiting.html", context


def front_merged(request: HttpRequest, _: object) -> panels.Filled | None:
    merged = Contribution.objects.filter(state="merged").select_related("author")
    rows = list(merged.order_by("-merged_at")[:MERGED])
    return ("contributions/_front_merged.html", {"merged": rows}) if rows else None


def variant_history(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    return _history(Q(variant=variant) | _about(variant, "add_variant"))


def dataset_history(request: HttpRequest, dataset: Dataset) -> panels.Filled | None:
    return _history(Q(dataset=dataset) | _about(dataset, "add_dataset"))


def benchmark_history(request: HttpRequest, benchmark: Benchmark) -> panels.Filled | None:
    """Who contributed its versions, and a way to the next one; nothing for a benchmark of the project."""
    filled = _history(Q(benchmark=benchmark))
    if filled is None:
        return None
    return "contributions/_benchmark_history.html", {**filled[1], "benchmark": benchmark}


def _about(entry: ModelVariant | Dataset, kind: str) -> Q:
    return Q(kind=kind, subject__iexact=entry.full_name)


def _history(which: Q) -> panels.Filled | None:
    """What made an entry, and what else was proposed under its name."""
    rows = list(Contribution.objects.filter(which).select_related("author")[:SHOWN])
    return ("contributions/_history.html", {"contributions": rows}) if rows else None


def entry_watch(request: HttpRequest, entry: ModelVariant | Dataset) -> panels.Filled:
    return "contributions/_watch.html", {"watched": read_watched(entry, request.user)}


def person_work(request: HttpRequest, person: User) -> panels.Filled | None:
    """What somebody proposed, reviewed and merged: three queries."""
    rows = Contribution.objects.select_related("author")
    reviewed = Contribution.objects.filter(versions__reviews__reviewer=person)
    context = {
        "proposed": list(rows.filter(author=person)[: SHOWN + 1]),
        "reviewed": list(rows.filter(pk__in=reviewed.values("pk"))[: SHOWN + 1]),
        "merged": list(rows.filter(merged_by=person)[: SHOWN + 1]),
        "shown": SHOWN,
    }
    any_work = context["proposed"] or context["reviewed"] or context["merged"]
    return ("contributions/_person_work.html", context) if any_work else None


def entry_credit(request: HttpRequest, entry: ModelVariant | Dataset) -> panels.Filled | None:
    """Everybody in an entry's history and lineage, and how to cite it."""
    found = behind(entry)
    if not found.own and not found.lineage:
        return None
    is_variant = isinstance(entry, ModelVariant)
    address = "variant_citation" if is_variant else "dataset_citation"
    context = {
        "entry": entry,
        "behind": found,
        "bibtex": bibtex(
            entry,
            contributors=found.contributors,
            url=request.build_absolute_uri(entry.get_absolute_url()),
        ),
        "cite_url": reverse(address, args=[entry.owner, entry.name]),
    }
    return "contributions/_credit.html", context


def person_downstream(request: HttpRequest, person: User) -> panels.Filled | None:
    """What came of what somebody contributed, and what they had measured once more."""
    downstream = downstream_of(person)
    reproduced = list(reproduced_by(person)[: SHOWN + 1])
    if not downstream.brought and not reproduced:
        return None
    context = {"downstream": downstream, "reproduced": reproduced, "shown": SHOWN}
    return "contributions/_person_downstream.html", context


def variant_mentions(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    return _mentions(Q(variant=variant))


def dataset_mentions(request: HttpRequest, dataset: Dataset) -> panels.Filled | None:
    return _mentions(Q(dataset=dataset))


def run_mentions(request: HttpRequest, run: Run) -> panels.Filled | None:
    return _mentions(Q(run=run))


def _mentions(which: Q) -> panels.Filled | None:
    """Contributions whose texts name it, newest first. One query."""
    rows = list(Reference.objects.filter(which).select_related("source").order_by("-pk")[:SHOWN])
    return ("contributions/_mentions.html", {"mentions": rows}) if rows else None


def found_contributions(request: HttpRequest, query: str) -> panels.Filled | None:
    """By a piece of owner/name or of the title, or by number: 12 or #12."""
    which = Q(subject__icontains=query) | Q(title__icontains=query)
    number = query.removeprefix("#")
    if number.isdecimal():
        which |= Q(pk=int(number))
    rows = list(Contribution.objects.filter(which).select_related("author")[:SHOWN])
    return ("contributions/_found.html", {"contributions": rows}) if rows else None


def variant_change(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    """What it changed in its baseline, with both curves."""
    version = change_of(variant)
    if version is None:
        return None
    context = {
        "change": change_shown(version.payload),
        "contribution": version.contribution,
        "baseline_url": reverse("variant_detail", args=version.payload["baseline"].split("/")),
    }
    return "contributions/_changed_against.html", context


def variant_as_baseline(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    count = changes_of(variant).count()
    return ("contributions/_changes_of.html", {"count": count}) if count else None


panels.register("variant", variant_change, order=15)
panels.register("variant_side", variant_as_baseline, order=40)
panels.register("front", front_waiting, order=20)
panels.register("front_side", front_merged, order=20)
panels.register("variant_side", variant_history, order=50)
panels.register("dataset_side", dataset_history, order=50)
panels.register("benchmark", benchmark_history, order=50)
panels.register("variant_side", variant_mentions, order=60)
panels.register("dataset_side", dataset_mentions, order=60)
panels.register("run_side", run_mentions, order=60)
panels.register("variant_side", entry_watch, order=60)
panels.register("dataset_side", entry_watch, order=60)
panels.register("person", person_work, order=10)
panels.register("person", person_downstream, order=20)
panels.register("variant", entry_credit, order=90)
panels.register("dataset", entry_credit, order=90)
panels.register("search", found_contributions, order=20)
