"""What other apps put on the hub's pages, without the hub knowing them.

evaluations and contributions register in their `ready()`:

    panels.register("variant", variant_scores, order=10)

    def variant_scores(request: HttpRequest, variant: object) -> panels.Filled | None:
        return "evaluations/_variant_scores.html", {"scores": …}

Places (what a provider is handed): `front` and `front_side` (None), `variant` and `variant_side`
(ModelVariant), `benchmark` (Benchmark), `dataset` and `dataset_side` (Dataset), `person` (User), `search`
(the text, str).
A panel's template stands alone: a `<section class="section">` in the main column, a `<section>` at
the side; the variables of the page around it are there too.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

PLACES = frozenset(
    {
        "front",
        "front_side",
        "variant",
        "variant_side",
        "dataset",
        "dataset_side",
        "run_side",
        "benchmark",
        "person",
        "search",
    }
)

Filled = tuple[str, Mapping[str, Any]]
Provider = Callable[[HttpRequest, Any], Filled | None]


@dataclass(frozen=True)
class Panel:
    """A template and its context, ready for `{% panel %}`."""

    template: str
    context: Mapping[str, Any]


_providers: dict[str, list[tuple[int, Provider]]] = defaultdict(list)


def register(place: str, provider: Provider, *, order: int = 100) -> None:
    """Show what `provider` returns at `place`; lower orders first. Registering twice shows it once."""
    if place not in PLACES:
        raise ImproperlyConfigured(f"No page has a place called {place!r}: {sorted(PLACES)}")
    entries = _providers[place]
    if all(known is not provider for _, known in entries):
        entries.append((order, provider))
        entries.sort(key=lambda entry: entry[0])


def at(place: str, request: HttpRequest, thing: object = None) -> list[Panel]:
    """The panels of `place` that have something to show for `thing`."""
    filled = (provider(request, thing) for _, provider in _providers[place])
    return [Panel(*answer) for answer in filled if answer is not None]
