"""How numbers, licences and lists are written, in one place for every page."""

from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString

from hub.cards import LICENCES
from hub.listing import Listing
from hub.markdown import render as render_markdown
from hub.models.lineage import Relation
from hub.panels import Panel

register = template.Library()

NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
COUNTS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
BYTES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def _scaled(number: float, steps: tuple[tuple[int, str], ...], rest: str = "") -> str:
    for index, (scale, unit) in enumerate(steps):
        # 999,950 is "1.0 M", not "1000 k".
        if abs(number) >= scale * (0.9995 if index else 1):
            amount = number / scale
            digits = 1 if round(abs(amount), 1) < 100 else 0
            return f"{amount:.{digits}f}{NO_BREAK}{unit}"
    return f"{number:.0f}{NO_BREAK}{rest}" if rest else f"{number:.0f}"


@register.filter
def human_count(number: int | None) -> str:
    """Parameters and the like as people say them: 7.6 B, 482 k; empty for None."""
    return "" if number is None else _scaled(number, COUNTS)


@register.filter
def human_bytes(number: int | None) -> str:
    """15.2 GB, decimal, as disks and origins count; empty for None."""
    return "" if number is None else _scaled(number, BYTES, "bytes")


@register.filter
def score_text(value: float | None, places: int = 1) -> str:
    """A number with fixed decimals and a true minus sign; "missing" for None."""
    return "missing" if value is None else f"{value:.{places}f}".replace("-", MINUS)


@register.filter
def licence_name(key: str) -> str:
    """The licence's own name; the key where the Hub knows none."""
    return LICENCES.get(key, key)


@register.filter
def licence_of(entry: Any) -> str:
    """Licence of a variant or dataset in words; empty when not stated."""
    return entry.licence_name or licence_name(entry.licence)


@register.filter
def relation_name(relation: str) -> str:
    """The word for a lineage relation: quantized -> quantisation."""
    return str(Relation(relation).label) if relation in Relation.values else relation


@register.filter
def markdown(text: str) -> SafeString:
    """What people wrote, cleaned (hub/markdown.py)."""
    return render_markdown(text)


@register.filter
def owner_of(full_name: str) -> str:
    return full_name.partition("/")[0] if "/" in full_name else ""


@register.filter
def name_of(full_name: str) -> str:
    return full_name.rpartition("/")[2]


@register.simple_tag(takes_context=True)
def panel(context: Context, filled: Panel) -> SafeString:
    """What another app shows here; the page's own variables are there too."""
    chosen: Any = get_template(filled.template)
    with context.push(**filled.context):
        return SafeString(chosen.template.render(context))


@register.inclusion_tag("hub/_sort_header.html", takes_context=True)
def sort_header(
    context: Context,
    listing: Listing[Any],
    name: str,
    label: str,
    kind: str = "",
    unit: str = "",
    target: str = "",
) -> dict[str, Any]:
    """A `<th>` that sorts by `name`; again turns round. `kind`: classes such as "num" or "pin"."""
    current = listing.ordering.removeprefix("-") == name
    descending = current and listing.ordering.startswith("-")
    # Numbers and times are first wanted largest first, names from A.
    first = f"-{name}" if kind == "num" else name
    turned = name if descending else f"-{name}"
    return {
        "request": context["request"],
        "label": label,
        "unit": unit,
        "kind": kind,
        "target": target,
        "sorted": ("descending" if descending else "ascending") if current else "",
        "ordering": turned if current else first,
    }
