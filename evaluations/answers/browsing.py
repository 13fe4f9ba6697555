"""A page of samples, read from its address: shared by the page and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args
from urllib.parse import urlencode

import numpy as np
from django.db.models import Q

from evaluations.answers import read, search
from evaluations.answers.listing import (
    Listing,
    NotComparable,
    Show,
    Slice,
    Sort,
    page_of,
    read_listing,
)
from evaluations.answers.shown import (
    COLUMNS,
    MOST_SHOWN,
    WHOLE,
    Answer,
    Asked,
    answer_of,
    asked_of,
    beside,
)
from evaluations.models import Samples, Score

SIZE = 25
SCORES = Score.objects.select_related(
    "checkpoint__variant", "recipe__benchmark_version__benchmark"
).defer("checkpoint__files")


@dataclass(frozen=True, kw_only=True)
class Query:
    """What an address asks for. `wrong` names what it asked for in vain; the rest holds."""

    show: Show = "all"
    sort: Sort = "document"
    against: int | None = None
    words: str = ""
    after: int | None = None
    before: int | None = None
    wrong: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Query":
        show, sort = told.get("show") or "all", told.get("sort") or "document"
        words = str(told.get("q") or "").strip()
        numbers = {name: told.get(name) or "" for name in ("against", "after", "before")}
        wrong = [
            *(["show"] if show not in get_args(Show) else []),
            *(["sort"] if sort not in get_args(Sort) else []),
            *(["q"] if words and not search.SHORTEST <= len(words) <= search.LONGEST else []),
            *(name for name, text in numbers.items() if text and not _is_number(text)),
        ]
        good = {name: int(text) for name, text in numbers.items() if _is_number(text)}
        return cls(
            show=cast(Show, "all" if "show" in wrong else show),
            # A search goes through the documents once; in another order it would begin anew each time.
            sort=cast(Sort, "document" if "sort" in wrong or words else sort),
            words="" if "q" in wrong else words,
            wrong=tuple(wrong),
            **good,
        )

    def address(self, **changes: Any) -> str:
        """`?show=lost&against=7`: this with `changes`, from the first page unless they say otherwise."""
        one = replace(self, **{"after": None, "before": None, **changes})
        told = {
            "show": one.show if one.show != "all" else "",
            "sort": one.sort if one.sort != "document" else "",
            "against": one.against,
            "q": one.words,
            "after": one.after,
            "before": one.before,
        }
        return "?" + urlencode(
            {name: value for name, value in told.items() if value not in ("", None)}
        )


@dataclass(frozen=True)
class Line:
    """One document: what it came to, and where answers are kept and may be seen, what was said.

    `others` is the outcome of the score that it is compared with, `theirs` what that one answered.
    """

    index: int
    outcome: float | None
    others: float | None = None
    asked: Asked | None = None
    mine: Answer | None = None
    theirs: Answer | None = None
    doc_hash: str = ""


@dataclass(frozen=True)
class Browsed:
    """`absent` says that the answers are not kept or cannot be read now; `searched` how far a search got."""

    score: Score
    against: Score | None
    query: Query
    listing: Listing
    page: Slice
    lines: list[Line]
    next: str = ""
    previous: str = ""
    searched: int | None = None
    absent: bool = False
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Files:
    """SHA-256 of the answers of the two sides, empty where they are not kept or not to be seen."""

    mine: str = ""
    theirs: str = ""


def browse(score: Score, query: Query, *, open_answers: bool) -> Browsed:
    """One page. Without `open_answers` what was asked and answered stays closed, to searches too."""
    problems = [f"“{name}” is not understood here and left out." for name in query.wrong]
    against = _other(score, query.against, problems)
    files = _files(score, against)
    query, listing, against = _listing(score, query, against, problems, files.mine)
    if against is None:
        files = Files(files.mine)
    if query.words and not open_answers:
        problems.append("Answers that are kept closed cannot be searched.")
        query = replace(query, words="")
    try:
        if query.words and files.mine:
            page, found = _search(query, listing, files.mine)
        else:
            page, found = page_of(listing, after=query.after, before=query.before, size=SIZE), None
        lines = _lines(listing, page.indices, files, open_answers=open_answers)
        absent = not files.mine
    except OSError:
        page, found = page_of(listing, after=query.after, before=query.before, size=SIZE), None
        lines, absent = _lines(listing, page.indices, Files(), open_answers=False), True
    last = found.searched if found else (page.indices[-1] if page.indices else None)
    return Browsed(
        score,
        against,
        query,
        listing,
        page,
        lines,
        next=query.address(after=last) if page.has_next else "",
        previous=query.address(before=page.indices[0])
        if page.has_previous and page.indices and not found
        else "",
        searched=found.searched + 1 if found and not found.done else None,
        absent=absent,
        problems=problems,
    )


def one_sample(
    score: Score, index: int, against: Score | None, *, open_answers: bool
) -> list[Line]:
    """A document under every seed, at length. Raises IndexError, NotComparable."""
    files = _files(score, against)
    listing = read_listing(score, against=against, documents=_documents(files.mine))
    if not 0 <= index < len(listing.order):
        raise IndexError
    try:
        seeds = read.footer(files.mine).seeds if files.mine else 1
        return [
            line
            for seed in range(seeds)
            for line in _lines(
                listing,
                [index],
                files,
                open_answers=open_answers,
                seed=seed,
                bounds={"longest": WHOLE, "most": MOST_SHOWN},
            )
        ]
    except OSError:
        return _lines(listing, [index], Files(), open_answers=False)


def comparable(score: Score) -> Any:
    """Scores of the recipe, what a newer scorer made of this one, and what this one was made of."""
    anew = Q(rescore_of=score.pk) | Q(pk=score.rescore_of_id or 0)
    same = Q(recipe=score.recipe_id) | anew
    return SCORES.filter(same, metric=score.metric).exclude(pk=score.pk)


def _other(score: Score, pk: int | None, problems: list[str]) -> Score | None:
    if pk is None:
        return None
    found: Score | None = comparable(score).filter(pk=pk).first()
    if found is None:
        problems.append("There is no such score under the same recipe to compare with.")
    return found


def _listing(
    score: Score, query: Query, against: Score | None, problems: list[str], sha256: str
) -> tuple[Query, Listing, Score | None]:
    """What can be had of the query: without the other score where it answered other samples."""
    documents = _documents(sha256)
    if against is None:
        query = replace(query, against=None)
    try:
        listing = read_listing(
            score, show=query.show, against=against, sort=query.sort, documents=documents
        )
    except NotComparable:
        if against is not None:
            problems.append("The two did not answer the same samples.")
        elif query.show != "all":
            problems.append("Gained and lost are told against another score; choose one.")
        query = replace(query, against=None, show="all")
        return query, read_listing(score, sort=query.sort, documents=documents), None
    if query.show not in listing.counts:
        problems.append("Outcomes of this metric are not right or wrong.")
        query = replace(query, show="all")
    return query, listing, against


def _files(score: Score, against: Score | None) -> Files:
    sides = Samples.objects.filter(score__in=[score, *([against] if against else [])])
    found = dict(sides.values_list("score_id", "raw_sha256"))
    return Files(found.get(score.pk, ""), found.get(against.pk, "") if against else "")


def _documents(sha256: str) -> int:
    """How many documents the file has: for metrics of a whole corpus, which have no outcomes."""
    try:
        return read.footer(sha256).documents if sha256 else 0
    except OSError:
        return 0


def _search(query: Query, listing: Listing, sha256: str) -> tuple[Slice, search.Found]:
    start = 0 if query.after is None else int(np.searchsorted(listing.order, query.after, "right"))
    found = search.find(sha256, query.words, listing.order[start:], most=SIZE)
    return Slice(found.documents, start + 1, start > 0, not found.done), found


def _lines(
    listing: Listing,
    indices: list[int],
    files: Files,
    *,
    open_answers: bool,
    seed: int = 0,
    bounds: Mapping[str, int] | None = None,
) -> list[Line]:
    columns = COLUMNS if open_answers else ["doc_hash", "outcome"]
    mine = _rows(files.mine, indices, columns, seed)
    theirs = _rows(files.theirs, indices, columns, seed) if open_answers else [None] * len(indices)
    return [
        _line(listing, index, one, other, open_answers, dict(bounds or {}))
        for index, one, other in zip(indices, mine, theirs, strict=True)
    ]


def _rows(
    sha256: str, indices: list[int], columns: list[str], seed: int
) -> Sequence[read.Row | None]:
    if not sha256:
        return [None] * len(indices)
    seeds = read.footer(sha256).seeds
    return read.read_rows(
        sha256, [index * seeds + min(seed, seeds - 1) for index in indices], columns
    )


def _line(
    listing: Listing,
    index: int,
    mine: read.Row | None,
    theirs: read.Row | None,
    open_answers: bool,  # noqa: FBT001
    bounds: dict[str, int],
) -> Line:
    has = len(listing.outcomes) > index
    line = Line(
        index,
        float(listing.outcomes[index]) if has else None,
        float(listing.others[index]) if listing.others is not None else None,
        doc_hash=mine["doc_hash"] if mine else "",
    )
    if mine is None or not open_answers:
        return line
    first = answer_of(mine, **bounds)
    second = answer_of(theirs, **bounds) if theirs else None
    if second is not None:
        first, second = beside(first, second)
    longest = {"longest": bounds["longest"]} if bounds else {}
    return replace(line, asked=asked_of(mine, **longest), mine=first, theirs=second)


def _is_number(text: object) -> bool:
    return str(text).isascii() and str(text).isdecimal() and len(str(text)) < 16
