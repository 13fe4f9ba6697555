"""Atom feeds (RFC 4287): the same rows as the pages, newest first, at most FIFTY of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.feedgenerator import Atom1Feed

from contributions.audience import FAILED, MILESTONES, audible, text_of
from contributions.models import Contribution, Event
from contributions.sentences import sentence
from evaluations.models import Board, Score, Standing
from hub import markdown
from hub.models import Dataset, ModelVariant

FIFTY = 50
# Scores of a board that are looked through for its newest runs: a run has one for each column.
LOOKED_AT = 400
HUB = "Tributary"
# When the addresses in ids were ours (RFC 4151); an empty feed is as new as that.
SINCE = "2026"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
# What XML 1.0 cannot hold, not even escaped.
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Atom(Atom1Feed):
    """Django's writer, with our word for how new a feed is: its own for an empty one is now."""

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


@dataclass(frozen=True)
class Entry:
    """`key` names it for ever; `path` is its page; `html` is safe to show."""

    key: str
    title: str
    path: str
    author: str
    published: datetime
    updated: datetime
    html: str = ""


@dataclass(frozen=True)
class Feed:
    """`path` is the page that it follows, `since` when that began: how new an empty feed is."""

    title: str
    path: str
    since: datetime
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=self.since)

    def xml(self, self_path: str) -> str:
        """The document; `self_path` is its own address, with its query."""
        atom = Atom(
            title=_fit(self.title),
            link=settings.SITE_URL + self.path,
            description="",
            language="en-GB",
            author_name=HUB,
            feed_url=settings.SITE_URL + self_path,
            feed_guid=_id(self_path),
            updated=self.updated,
        )
        for entry in self.entries:
            atom.add_item(
                title=_fit(entry.title),
                link=settings.SITE_URL + entry.path,
                description=_fit(entry.html),
                unique_id=_id(entry.key),
                author_name=entry.author,
                pubdate=entry.published,
                updateddate=entry.updated,
            )
        return str(atom.writeString("utf-8"))


def of_contributions(title: str, path: str, rows: QuerySet[Contribution]) -> Feed:
    """One entry a contribution; `rows` in the order of the feed. One query."""
    found = list(rows.select_related("author")[:FIFTY])
    return Feed(title, path, BEGINNING, [_of_contribution(one) for one in found])


def of_merged() -> Feed:
    """One entry a merge, by when it was merged. One query."""
    merged = Contribution.objects.filter(state="merged").exclude(merged_at=None)
    rows = merged.order_by("-merged_at").select_related("merged_by")[:FIFTY]
    entries = [
        Entry(
            f"/contributions/{one.pk}/#merged",
            one.title,
            one.get_absolute_url(),
            one.merged_by.username if one.merged_by else HUB,
            one.merged_at,
            one.merged_at,
        )
        for one in rows
        if one.merged_at
    ]
    return Feed("Merged contributions", "/contributions/?state=merged", BEGINNING, entries)


def of_timeline(contribution: Contribution) -> Feed:
    """One entry an event of one contribution, checks that went well left out. One query."""
    title = f"#{contribution.pk} {contribution.title}"
    told = ~Q(verb="checked") | Q(to_state__in=FAILED)
    events = audible().filter(told, contribution=contribution)
    path, since = contribution.get_absolute_url(), contribution.created_at
    return Feed(title, path, since, _of_events(events, with_title=False))


def of_entry(entry: ModelVariant | Dataset) -> Feed:
    """What was proposed, merged and measured of a variant or dataset. One query."""
    column = "variant" if isinstance(entry, ModelVariant) else "dataset"
    which = Q(**{column: entry}) | Q(subject__iexact=entry.full_name, kind__contains=column)
    about = Contribution.objects.filter(which)
    events = audible().filter(contribution__in=about.values("pk"), verb__in=MILESTONES)
    path, since = entry.get_absolute_url(), entry.created_at
    return Feed(entry.full_name, path, since, _of_events(events, with_title=True))


def of_board(board: Board) -> Feed:
    """One entry a run that put scores on it, with where its variant stands now. Two queries."""
    scores = Score.objects.filter(recipe__columns__board=board).select_related(
        "run__requested_by", "checkpoint__variant", "recipe__benchmark_version__benchmark"
    )
    newest = list(scores.order_by("-pk")[:LOOKED_AT])
    by_run = sorted(newest, key=lambda score: (-score.run_id, score.pk))
    runs = [list(group) for _, group in groupby(by_run, key=lambda score: score.run_id)][:FIFTY]
    variants = [group[0].checkpoint.variant_id for group in runs]
    standings = Standing.objects.filter(board=board, variant__in=variants)
    ranks = dict(standings.values_list("variant", "rank"))
    entries = [_of_run(board, group, ranks) for group in runs]
    return Feed(f"Movement of {board.title}", board.get_absolute_url(), board.created_at, entries)


def _of_run(board: Board, scores: Sequence[Score], ranks: dict[int, int | None]) -> Entry:
    first = scores[0]
    variant = first.checkpoint.variant
    rank = ranks.get(variant.pk)
    stands = f"now number {rank} of {board.size}" if rank else "not ranked while a score is missing"
    values = ", ".join(
        f"{score.recipe.benchmark_version.benchmark.name} {score.value:.4g}" for score in scores
    )
    at = max(score.recorded_at for score in scores)
    return Entry(
        f"{board.get_absolute_url()}#run-{first.run_id}",
        f"{variant.full_name} was measured, {stands}",
        first.run.get_absolute_url(),
        first.run.requested_by.username,
        at,
        at,
        markdown.render(f"`{values}`"),
    )


def _of_contribution(one: Contribution) -> Entry:
    return Entry(
        one.get_absolute_url(),
        f"#{one.pk} {one.title} ({one.state.replace('_', ' ')})",
        one.get_absolute_url(),
        one.author.username,
        one.created_at,
        one.updated_at,
    )


def _of_events(events: QuerySet[Event], *, with_title: bool) -> list[Entry]:
    pointed = ("contribution", "actor", "comment", "review", "checked", "person")
    return [
        _of_event(event, with_title=with_title)
        for event in events.select_related(*pointed).order_by("-pk")[:FIFTY]
    ]


def _of_event(event: Event, *, with_title: bool) -> Entry:
    contribution = event.contribution
    about = f" (#{contribution.pk} {contribution.title})" if with_title else ""
    place = f"{contribution.get_absolute_url()}#event-{event.pk}"
    edited = event.comment.edited_at if event.comment else None
    return Entry(
        place,
        sentence(event) + about,
        place,
        event.actor.username if event.actor else HUB,
        event.at,
        edited or event.at,
        markdown.render(text_of(event)),
    )


def _id(key: str) -> str:
    """A tag URI: stays what it is when the site moves to another address of the same host."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{SINCE}:{key}"


def _fit(text: str) -> str:
    return UNFIT.sub("", text)
