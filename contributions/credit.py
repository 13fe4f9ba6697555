"""Who stands behind an entry, and what came of what a person contributed.

Credit follows the lineage: whoever added the data that a grandparent was trained on is named too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from contributions.models import Contribution, Review
from contributions.models.review import Verdict
from evaluations.models import Replication, Score
from hub.closure import ancestors_of, edges_below
from hub.models import Dataset, ModelVariant, User

Entry = ModelVariant | Dataset

CONTRIBUTED, REVIEWED, MERGED, REPRODUCED = "contributed", "reviewed", "merged", "reproduced"
DEEDS = (CONTRIBUTED, REVIEWED, MERGED, REPRODUCED)
# What one person's credit is computed over, newest first.
MOST_ENTRIES = 1000


@dataclass(frozen=True)
class Deed:
    """One thing that somebody did for an entry; `number` is the contribution, 0 for a run."""

    what: str
    entry: Entry
    number: int = 0


@dataclass
class Credited:
    """A person with their deeds, those for the entry itself before those further up."""

    person: User
    deeds: list[Deed] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """What they did, each word once, in the order of DEEDS."""
        done = {deed.what for deed in self.deeds}
        return [what for what in DEEDS if what in done]


@dataclass(frozen=True)
class Behind:
    """Everybody behind an entry: those of the entry itself, and those of what it descends from."""

    own: list[Credited]
    lineage: list[Credited]

    @property
    def contributors(self) -> list[User]:
        """Whom a citation names: who contributed to the entry itself."""
        return [one.person for one in self.own if CONTRIBUTED in one.words]


def behind(entry: Entry) -> Behind:
    """Five queries, however large the family."""
    above = [each.entry for each in ancestors_of(entry)] if isinstance(entry, ModelVariant) else []
    nearness = {_key(each): place for place, each in enumerate([entry, *above])}
    deeds = sorted(_deeds([entry, *above]), key=lambda pair: nearness[_key(pair[1].entry)])
    own = _by_person((who, deed) for who, deed in deeds if deed.entry == entry)
    named = {one.person for one in own}
    further = ((who, deed) for who, deed in deeds if deed.entry != entry and who not in named)
    return Behind(own, _by_person(further))


def _deeds(entries: Collection[Entry]) -> list[tuple[User, Deed]]:
    variants = {each.pk: each for each in entries if isinstance(each, ModelVariant)}
    datasets = {each.pk: each for each in entries if isinstance(each, Dataset)}
    which = Q(variant__in=variants) | Q(dataset__in=datasets)
    merged = Contribution.objects.filter(which, state="merged").order_by("pk")
    found: list[tuple[User, Deed]] = []
    about: dict[int, Entry] = {}
    for one in merged.select_related("author", "merged_by"):
        entry = datasets[one.dataset_id] if one.dataset_id else variants[one.variant_id or 0]
        about[one.pk] = entry
        found.append((one.author, Deed(CONTRIBUTED, entry, one.pk)))
        if one.merged_by:
            found.append((one.merged_by, Deed(MERGED, entry, one.pk)))
    for review in _approvals(about):
        number = review.version.contribution_id
        found.append((review.reviewer, Deed(REVIEWED, about[number], number)))
    for again in Replication.objects.filter(
        agrees=True, score__checkpoint__variant__in=variants
    ).select_related("requested_by", "score__checkpoint"):
        entry = variants[again.score.checkpoint.variant_id]
        found.append((again.requested_by, Deed(REPRODUCED, entry)))
    return found


def _approvals(numbers: Iterable[int]) -> "QuerySet[Review]":
    approvals = Review.objects.filter(
        verdict=Verdict.APPROVE, version__contribution__in=list(numbers)
    )
    return approvals.select_related("reviewer", "version").order_by("pk")


def _by_person(deeds: Iterable[tuple[User, Deed]]) -> list[Credited]:
    people: dict[int, Credited] = {}
    for person, deed in deeds:
        credited = people.setdefault(person.pk, Credited(person))
        if deed not in credited.deeds:
            credited.deeds.append(deed)
    return list(people.values())


def _key(entry: Entry) -> tuple[type, int]:
    return type(entry), entry.pk


@dataclass(frozen=True)
class Downstream:
    """What came of a person's merged contributions: entries, what descends from them, scores."""

    brought: int
    descendants: list[ModelVariant]
    scores: int

    @property
    def by_others(self) -> int:
        return len(self.descendants)


def downstream_of(person: User) -> Downstream:
    """Descendants that other people's contributions added, the newest first. Five queries."""
    merged = Contribution.objects.filter(author=person, state="merged").order_by("-pk")
    pairs = list(merged.values_list("variant_id", "dataset_id")[:MOST_ENTRIES])
    variants = {variant for variant, _ in pairs if variant}
    datasets = {dataset for _, dataset in pairs if dataset}
    if not variants and not datasets:
        return Downstream(0, [], 0)
    below = {edge.child_id for edge in edges_below(variants=variants, datasets=datasets)}
    descendants = ModelVariant.objects.filter(pk__in=below - variants).order_by("-pk")
    scores = Score.objects.filter(checkpoint__variant__in=variants | below)
    return Downstream(len(variants | datasets), list(descendants), scores.count())


def reproduced_by(person: User) -> "QuerySet[Replication]":
    """Scores that somebody had measured once more and that held, the newest first."""
    rows = Replication.objects.filter(requested_by=person, agrees=True)
    return rows.select_related(
        "run", "score__checkpoint__variant", "score__recipe__benchmark_version__benchmark"
    ).order_by("-pk")
