"""The changes that people made to one baseline, side by side: a page, its CSV and the API read this."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from contributions.curve_chart import place_text, unit_of
from contributions.models import Check, Contribution, Version
from contributions.models.check import FIRST
from evaluations.report import Overall, overalls
from hub.models import Checkpoint, FormerName, ModelVariant
from hub.templatetags.hub_format import MINUS

KIND = "change_baseline"


@dataclass(frozen=True)
class Line:
    """One change. `loss` as change_baseline.py keeps it; `overall` once both were measured."""

    contribution: Contribution
    track: str
    commit: str
    loss: Mapping[str, Any] | None
    overall: Overall | None

    @property
    def loss_delta(self) -> str:
        """Not coloured: one run a side says nothing of how sure it is."""
        return "" if self.loss is None else f"{self.loss['delta']:+.3f}".replace("-", MINUS)

    @property
    def loss_at(self) -> str:
        if self.loss is None:
            return ""
        return f"{place_text(self.loss['at'])} {unit_of(self.loss['axis'])}"


def changes_of(baseline: ModelVariant) -> "QuerySet[Contribution]":
    """Under its present name and under those that it had: the index version_by_baseline finds them."""
    former = FormerName.objects.filter(variant=baseline).values_list("owner", "name")
    names = [baseline.full_name, *("/".join(pair) for pair in former)]
    heads = (
        Version.objects.filter(payload__has_key="baseline", number=F("contribution__head"))
        .alias(named=Lower(KT("payload__baseline")))
        .filter(named__in=[name.lower() for name in names])
    )
    found = Contribution.objects.filter(kind=KIND, pk__in=heads.values("contribution"))
    return found.select_related("author", "variant")


def read_lines(baseline: ModelVariant, contributions: Sequence[Contribution]) -> list[Line]:
    """With the mean difference to the baseline over all recipes that both were measured under.

    Seven queries, however many; the curves themselves are not read.
    """
    numbers = [one.pk for one in contributions]
    heads = Version.objects.filter(contribution__in=numbers, number=F("contribution__head"))
    facts = {
        number: (track, loss, commit)
        for number, track, loss, commit in heads.annotate(
            track=KT("payload__track"), commit=KT("payload__baseline_commit")
        ).values_list("contribution", "track", "payload__loss", "commit")
    }
    measured = _measured(baseline, contributions, {number: one[2] for number, one in facts.items()})
    return [
        Line(one, facts[one.pk][0], facts[one.pk][2], facts[one.pk][1], measured.get(one.pk))
        for one in contributions
    ]


def _measured(
    baseline: ModelVariant, contributions: Sequence[Contribution], commits: Mapping[int, str]
) -> dict[int, Overall]:
    """By the contribution's number, each against the baseline's commit that it names."""
    results = _results(contributions)
    if not results:
        return {}
    named = Checkpoint.objects.filter(variant=baseline, commit__in=set(commits.values()))
    baselines = {one.commit: one for one in named.select_related("variant").defer("files")}
    pairs = {
        number: (checkpoint, baselines[commits[number]])
        for number, checkpoint in results.items()
        if commits[number] in baselines
    }
    found = overalls(pairs.values())
    return {
        number: found[mine.digest, other.digest]
        for number, (mine, other) in pairs.items()
        if (mine.digest, other.digest) in found
    }


def _results(contributions: Sequence[Contribution]) -> dict[int, Checkpoint]:
    """The checkpoint that each merged one brought, by number: two queries."""
    merged = {one.pk: one.variant_id for one in contributions if one.variant_id}
    pinned = Check.objects.filter(
        version__contribution__in=merged,
        version__number=F("version__contribution__head"),
        name=FIRST,
    ).annotate(commit=KT("findings__commit"))
    wanted = {
        (merged[number], commit): number
        for number, commit in pinned.values_list("version__contribution", "commit")
    }
    found = Checkpoint.objects.filter(
        variant__in=merged.values(), commit__in=[c for _, c in wanted]
    )
    return {
        wanted[one.variant_id, one.commit]: one
        for one in found.select_related("variant").defer("files")
        if (one.variant_id, one.commit) in wanted
    }


HEADERS = (
    "number", "change", "result", "track", "state", "author", "baseline_commit", "loss_delta", "loss_axis",
    "loss_at", "board_delta", "board_stderr", "board_low", "board_high", "recipes",
)  # fmt: skip


def as_rows(lines: Sequence[Line]) -> Iterator[tuple[Any, ...]]:
    """One tuple a line, in the order of HEADERS; None for what is not known."""
    for line in lines:
        one, loss, overall = line.contribution, line.loss or {}, line.overall
        low, high = (overall.interval if overall else None) or (None, None)
        yield (
            one.pk, one.title, one.subject, line.track, one.state, one.author.username, line.commit,
            loss.get("delta"), loss.get("axis"), loss.get("at"),
            overall.delta if overall else None, overall.stderr if overall else None, low, high,
            overall.count if overall else 0,
        )  # fmt: skip


def change_of(variant: ModelVariant) -> Version | None:
    """The merged change that brought `variant`: one query, with the curves."""
    heads = Version.objects.filter(
        contribution__kind=KIND,
        contribution__variant=variant,
        contribution__state="merged",
        number=F("contribution__head"),
    )
    return heads.select_related("contribution__author").order_by("-pk").first()
