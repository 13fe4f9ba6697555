"""Finding things in the catalogue, and reading one entry with all that belongs to it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.cache import cache
from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Length
from redis.exceptions import RedisError

from hub.cards import LICENCES
from hub.models import CardRevision, Checkpoint, Dataset, LineageEdge, ModelVariant, User
from hub.models.dataset import DatasetQuerySet
from hub.models.variant import ModelVariantQuerySet

logger = logging.getLogger(__name__)
# Long enough that a busy list does not count the catalogue at each view, short enough that what was
# just published is not denied.
FACETS_KEPT_SECONDS = 15
SHOWN = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """The best few of each kind for one text."""

    variants: list[ModelVariant]
    datasets: list[Dataset]
    people: list[User]

    def __bool__(self) -> bool:
        return bool(self.variants or self.datasets or self.people)


def find(text: str, *, limit: int = 10) -> Found:
    """Three queries; the closest names first."""
    if not text.strip():
        return Found([], [], [])
    query = SearchQuery(text, config="simple", search_type="websearch")
    people = User.objects.filter(username__icontains=text, is_active=True)
    return Found(
        list(_ranked(ModelVariant.objects.matching(text).published(), query)[:limit]),
        list(_ranked(Dataset.objects.matching(text).published(), query)[:limit]),
        list(people.order_by(Length("username"), "username")[:limit]),
    )


def _ranked(queryset: Any, query: SearchQuery) -> Any:
    # Among equals the shortest name is the likeliest to be meant.
    return queryset.order_by(-SearchRank(F("search"), query), Length("name"), "pk")


# --- One entry with everything around it: a constant number of queries --------------------------


def whole_variants() -> ModelVariantQuerySet:
    """Variants with `parent_edges`, `newest_children`, `newest_checkpoints`, `newest_revisions`."""
    parents = LineageEdge.objects.select_related("parent", "parent_dataset")
    checkpoints = Checkpoint.objects.select_related("variant")
    return ModelVariant.objects.all().prefetch_related(
        Prefetch("parent_edges", parents),
        Prefetch("child_edges", _children(), to_attr="newest_children"),
        Prefetch("checkpoints", checkpoints[:SHOWN], to_attr="newest_checkpoints"),
        Prefetch("revisions", _revisions(), to_attr="newest_revisions"),
    )


def whole_datasets() -> DatasetQuerySet:
    """Datasets with `newest_children` and `newest_revisions`."""
    return Dataset.objects.all().prefetch_related(
        Prefetch("child_edges", _children(), to_attr="newest_children"),
        Prefetch("revisions", _revisions(), to_attr="newest_revisions"),
    )


def _children() -> "QuerySet[LineageEdge]":
    return LineageEdge.objects.select_related("child").order_by("-pk")[:SHOWN]


def _revisions() -> "QuerySet[CardRevision]":
    # Old cards can be long: their text is read by whoever asks for that revision.
    shown = CardRevision.objects.select_related("published_by").defer("text", "metadata")
    return shown.order_by("-number")[:SHOWN]


def current_card(entry: ModelVariant | Dataset) -> CardRevision | None:
    """The newest card with its text."""
    revisions = CardRevision.objects.select_related("published_by")
    mine = (
        revisions.filter(variant=entry)
        if isinstance(entry, ModelVariant)
        else revisions.filter(dataset=entry)
    )
    return mine.order_by("-number").first()


# --- What lists can be narrowed to ----------------------------------------------------------------


def licences_in_use(model: type[ModelVariant] | type[Dataset]) -> dict[str, str]:
    """Key and name of published entries' licences, sorted by key; a few seconds old at most."""
    keys = kept(f"facets:{model.__name__}:licence", lambda: _distinct(model, "licence"))
    return {key: LICENCES.get(key, key) for key in keys}


def architectures_in_use() -> dict[str, str]:
    """Architectures of published variants, sorted; a few seconds old at most."""
    names = kept("facets:architecture", lambda: _distinct(ModelVariant, "architecture"))
    return {name: name for name in names}


def _distinct(model: type[ModelVariant] | type[Dataset], column: str) -> list[str]:
    rows = model._default_manager.filter(state="published").exclude(**{column: ""})
    return list(rows.order_by(column).values_list(column, flat=True).distinct()[:SHOWN])


def kept(key: str, read: Callable[[], T]) -> T:
    """`read()`, or what it said up to FACETS_KEPT_SECONDS ago; without Redis it is read each time."""
    try:
        kept: T | None = cache.get(key)
        if kept is None:
            kept = read()
            cache.set(key, kept, FACETS_KEPT_SECONDS)
    except RedisError as error:
        logger.warning("facets are not kept: %s", type(error).__name__)
        return read()
    return kept
