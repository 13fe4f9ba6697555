"""How states, events and checks are worded and drawn."""

import inspect
import json
from typing import Any

from django import template
from django.utils.safestring import SafeString

from contributions import receiver
from contributions.checks import CHECKS
from contributions.linking import Links
from contributions.models import Event
from contributions.sentences import DEEDS
from contributions.threads import ShownThread
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
    "assigned": ("eye", ""),
    "referenced": ("link", ""),
    "resolved": ("check", ""),
    "reopened": ("message-square", ""),
    "signed": ("pencil", ""),
    "commented": ("message-square", ""),
    "measured": ("trophy", ""),
    "published": ("trophy", "t-good"),
    "cancelled": ("circle-slash", ""),
    "superseded": ("undo-2", ""),
    "open": ("git-pull-request", "t-info"),
    "changes_requested": ("file-diff", "t-warn"),
    "approved": ("circle-check", "t-good"),
    "merged": ("git-merge", "t-done"),
    "closed": ("git-pull-request-closed", "t-bad"),
    "withdrawn": ("undo-2", ""),
    "sending": ("loader", "t-info"),
    "delivered": ("circle-check", "t-good"),
}
PLAIN = ("circle", "")
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "warning": "warned",
    "skipped": "was skipped",
    "errored": "could not be completed",
}


# What an actor did, where the verb alone does not say it. The hub itself acts in whole sentences.
DID = {
    "submitted": "opened this",
    "reviewed": "judged version {version}",
    "revised": "submitted version {version}",
    "merged": "merged version {version}",
    "signed": "signed off version {version}",
    "assigned": "asked for a review by",
    "unassigned": "no longer asks for a review by",
    "resolved": "resolved the thread",
    "reopened": "opened the thread again",
    "reported": "reported this",
}
VERDICTS = {
    "approve": "approved version {version}",
    "request_changes": "requested changes to version {version}",
}
RUN_OUTCOMES = {
    "published": "was measured",
    "failed": "failed",
    "cancelled": "was cancelled",
    "superseded": "was superseded",
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
def did(event: Event) -> str:
    """What happened, as the end of a sentence that begins with whoever did it."""
    words = VERDICTS[event.review.verdict] if event.review else DID.get(event.verb)
    return (words or f"{event.verb} this").format(version=event.version_number)


@register.filter
def look(event: Event) -> str:
    """The state or verb whose icon and tone an event has."""
    if event.review:
        return "approved" if event.review.verdict == "approve" else "changes_requested"
    return event.to_state if event.verb == "measured" else event.verb


@register.filter
def run_outcome(state: str) -> str:
    return RUN_OUTCOMES.get(state, state)


@register.filter
def place(key: int, sort: str = "comment") -> str:
    """The anchor of a text in the conversation: comment-12."""
    return f"{sort}-{key}"


@register.filter
def answered_words(shown: ShownThread) -> str:
    return f"answered on {shown.label}"


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
def prose(text: str, links: Links | None = None) -> SafeString:
    """What a person wrote, in Markdown, made safe; `links` lead to what it names."""
    return markdown.render(text, links)


@register.filter
def as_json(value: Any) -> str:
    """Data as a person reads it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.simple_tag
def webhook_verbs() -> list[str]:
    return list(DEEDS)


@register.simple_tag
def receiver_source() -> str:
    """The very code that the tests verify messages with."""
    return inspect.getsource(receiver).partition('"""\n\n')[2].strip()


@register.filter
def card_prose(text: str) -> SafeString:
    """A card's body without its front matter, made safe."""
    return markdown.render(cards.parse(text).body)
