"""How states, events and checks are worded and drawn."""

from django import template
from django.utils.safestring import SafeString

from contributions.checks import CHECKS
from hub import cards, markdown

register = template.Library()

# state or verb -> (icon of the sprite, tone class)
LOOKS = {
    "queued": ("clock", ""),
    "running": ("loader", "t-info"),
    "passed": ("circle-check", "t-good"),
    "failed": ("circle-x", "t-bad"),
    "warning": ("triangle-alert", "t-warn"),
    "skipped": ("circle-slash", ""),
    "errored": ("circle-x", "t-bad"),
    "submitted": ("git-pull-request", ""),
    "revised": ("git-commit-horizontal", ""),
    "reviewed": ("check", "t-good"),
    "rerun": ("rotate-ccw", ""),
    "open": ("git-pull-request", "t-info"),
    "changes_requested": ("file-diff", "t-warn"),
    "approved": ("circle-check", "t-good"),
    "merged": ("git-merge", "t-done"),
    "closed": ("git-pull-request-closed", "t-bad"),
    "withdrawn": ("undo-2", ""),
}
PLAIN = ("circle", "")
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "warning": "warned",
    "skipped": "was skipped",
    "errored": "could not be completed",
}


@register.filter
def state_icon(state: str) -> str:
    return LOOKS.get(state, PLAIN)[0]


@register.filter
def tone(state: str) -> str:
    return LOOKS.get(state, PLAIN)[1]


@register.filter
def state_words(state: str) -> str:
    return state.replace("_", " ")


@register.filter
def outcome(state: str) -> str:
    """How a check ended, as a verb."""
    return OUTCOMES.get(state, state)


@register.filter
def verdict_words(verdict: str) -> str:
    return "Approved" if verdict == "approve" else "Changes requested"


@register.filter
def check_label(name: str) -> str:
    return CHECKS[name].label if name in CHECKS else name


@register.filter
def change_template(sort: str) -> str:
    """The template that draws a change of a field of this sort."""
    return f"contributions/changes/_{sort}.html"


@register.filter
def prose(text: str) -> SafeString:
    """What a person wrote, in Markdown, made safe."""
    return markdown.render(text)


@register.filter
def card_prose(text: str) -> SafeString:
    """A card's body without its front matter, made safe."""
    return markdown.render(cards.parse(text).body)
