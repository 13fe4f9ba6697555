"""How times and measured things are written on pages about measuring."""

from django import template

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
