"""How times and measured things are written on pages about measuring."""

from typing import Any

from django import template

from evaluations.advice import advice_for, excerpt
from evaluations.confined import parts_of
from hub.templatetags.hub_format import human_bytes

register = template.Library()

NO_BREAK = "\N{NO-BREAK SPACE}"


@register.filter
def seconds_text(seconds: float | None) -> str:
    """0.8 s, 42 s, 3 min 20 s, 2 h 5 min; empty for None."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f}{NO_BREAK}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NO_BREAK}s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}{NO_BREAK}min" + (f" {rest}{NO_BREAK}s" if rest else "")
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours}{NO_BREAK}h" + (f" {minutes}{NO_BREAK}min" if minutes else "")


register.filter("advice", advice_for)
register.filter("log_excerpt", excerpt)


# What a worker tells about itself that is not plain once its underscores are spaces.
HARDWARE_NAMES = {"cpu": "CPU", "gpus": "GPUs", "max_rss": "Most memory used"}


@register.filter
def hardware_facts(hardware: dict[str, Any]) -> list[tuple[str, str]]:
    """[(name, value)] of a run's machine in words; what it did not have or tell is left out.

    What the evaluation was shut into has its own words (`shut_into`), the network among them.
    """
    elsewhere = {"confinement", "network"} if hardware.get("confinement") else set()
    told = {name: value for name, value in hardware.items() if value not in (None, "", [])}
    return [_fact(name, value) for name, value in told.items() if name not in elsewhere]


register.filter("shut_into", parts_of)


def _fact(name: str, value: Any) -> tuple[str, str]:
    short = name.removesuffix("_bytes")
    words = HARDWARE_NAMES.get(short) or short.replace("_", " ").capitalize()
    if short != name:
        return words, human_bytes(value)
    return words, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
