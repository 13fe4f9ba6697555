"""What texts name in passing, and where it leads: `@somebody`, `#12`, `owner/name`, `run 34`.

Names are read from all texts of a page at once and looked up once a sort of thing, so that a timeline
costs the same number of queries however much is named in it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import capfirst

from contributions.models import Contribution
from evaluations.models import Run
from hub.markdown import plain
from hub.models import Dataset, ModelVariant, User
from hub.models.former_name import FormerName

Entry = TypeVar("Entry", ModelVariant, Dataset)
Thing = User | Contribution | Run | ModelVariant | Dataset

# Of each sort, in one page or text: what is named beyond stays text.
MOST = 500
# As hub/models/entry.py has it, but for a full stop at the end: that ends the sentence.
_NAME = r"(?>[a-z0-9](?:[a-z0-9._-]{0,94}[a-z0-9])?)"
# Each alternative is bounded and begins where a word does, so that no text costs more than its length.
# Not in an address: neither ann@example.org nor https://example.org/owner/name.
PATTERN = re.compile(
    rf"""(?<![\w/@.\#-])(?:
        @(?P<person>(?>[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){{0,38}}))(?![\w/@])
        | run\s{{1,3}}\#?(?P<run>[0-9]{{1,18}})(?![\w-])
        | \#(?P<number>[0-9]{{1,18}})(?![\w-])
        | (?P<dataset>datasets?(?:/|:\s?))?(?P<owner>{_NAME})/(?P<name>{_NAME})(?![\w/])
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass
class Links:
    """The things that some texts name, by the names they have there (lowered)."""

    pattern = PATTERN

    people: Mapping[str, User] = field(default_factory=dict)
    contributions: Mapping[int, Contribution] = field(default_factory=dict)
    runs: Mapping[int, Run] = field(default_factory=dict)
    variants: Mapping[str, ModelVariant] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)

    def thing(self, found: re.Match[str]) -> Thing | None:
        """What was named, if it exists. A bare `owner/name` is a variant before it is a dataset."""
        if found["person"]:
            return self.people.get(found["person"].lower())
        if found["number"]:
            return self.contributions.get(int(found["number"]))
        if found["run"]:
            return self.runs.get(int(found["run"]))
        name = _full_name(found)
        dataset = self.datasets.get(name)
        return dataset if found["dataset"] else self.variants.get(name) or dataset

    def target(self, found: re.Match[str]) -> tuple[str, str] | None:
        """URL and title (hub/markdown.py)."""
        thing = self.thing(found)
        return (thing.get_absolute_url(), _title(thing)) if thing else None


def read_links(texts: Iterable[str]) -> Links:
    """Whatever `texts` name. Seven queries at most, one for each sort that is named at all."""
    return _look_up(found for text in texts for found in PATTERN.finditer(text))


def things_in(text: str) -> list[Thing]:
    """What `text` names outside of code and links, each once, in order; the same queries."""
    named = [found for piece in plain(text) for found in PATTERN.finditer(piece)]
    links = _look_up(named)
    return list(dict.fromkeys(thing for found in named if (thing := links.thing(found))))


def _look_up(named: Iterable[re.Match[str]]) -> Links:
    sought: dict[str, dict[str, None]] = {sort: {} for sort in ("person", "number", "run", "entry")}
    for found in named:
        sort = found.lastgroup if found.lastgroup in sought else "entry"
        names = sought[sort]
        if len(names) < MOST:
            names[found[sort].lower() if sort != "entry" else _full_name(found)] = None
    return Links(
        people={one.username: one for one in _people(sought["person"])},
        contributions=Contribution.objects.in_bulk([int(one) for one in sought["number"]]),
        runs=Run.objects.only("pk", "state").in_bulk([int(one) for one in sought["run"]]),
        variants=dict(_entries(ModelVariant, sought["entry"])),
        datasets=dict(_entries(Dataset, sought["entry"])),
    )


def _full_name(found: re.Match[str]) -> str:
    return f"{found['owner']}/{found['name']}".lower()


def _people(names: Iterable[str]) -> Iterable[User]:
    wanted = list(names)
    return User.objects.filter(username__in=wanted, is_active=True) if wanted else ()


def _entries(model: type[Entry], names: Iterable[str]) -> Iterator[tuple[str, Entry]]:
    """By their names, and by those that they had before."""
    missing = set(names)
    if not missing:
        return
    rows = model._default_manager.only("owner", "name").alias(
        low_owner=Lower("owner"), low_name=Lower("name")
    )
    for entry in rows.filter(_any_of(missing)):
        missing.discard(entry.full_name.lower())
        yield entry.full_name.lower(), entry
    if not missing:
        return
    sort = "variant" if model is ModelVariant else "dataset"
    former = FormerName.objects.alias(low_owner=Lower("owner"), low_name=Lower("name"))
    known = former.filter(_any_of(missing), **{f"{sort}__isnull": False})
    for row in known.select_related(sort):
        yield str(row).lower(), getattr(row, sort)


def _any_of(names: Iterable[str]) -> Q:
    """Both kinds of entry have an index on just these two."""
    which = Q()
    for name in names:
        owner, _, own = name.partition("/")
        which |= Q(low_owner=owner, low_name=own)
    return which


def _title(thing: Thing) -> str:
    if isinstance(thing, Contribution):
        return f"{thing.title} ({thing.state.replace('_', ' ')})"
    if isinstance(thing, Run):
        return f"Run {thing.pk} ({thing.state})"
    if isinstance(thing, User):
        return thing.get_full_name() or thing.username
    return capfirst(f"{thing._meta.verbose_name} {thing.full_name}")
