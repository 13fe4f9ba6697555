"""Pieces of review on pages: what waits, and where threads begin."""

from collections.abc import Sequence
from typing import Any

from django import template

from contributions import permissions
from contributions.models import Assignment, Contribution
from contributions.threads import ShownThread

register = template.Library()


@register.inclusion_tag("contributions/_queue_link.html", takes_context=True)
def queue_link(context: dict[str, Any]) -> dict[str, Any]:
    """For those who review: the queue, and how much of it was asked of them. One query or two."""
    person = context.get("user")
    if person is None or not permissions.has_queue(person):
        return {"shown": False}
    asked = Assignment.objects.filter(
        reviewer=person, contribution__state__in=Contribution.live_states()
    )
    return {"shown": True, "asked": asked.count(), "section": context.get("section", "")}


@register.inclusion_tag("contributions/_thread_opener.html")
def thread_opener(
    contribution: Contribution, threads: Sequence[ShownThread], field: str, label: str
) -> dict[str, Any]:
    """A way into a thread about a field, and to those about it that are there."""
    return {
        "contribution": contribution,
        "field": field,
        "label": label,
        "talks": [one for one in threads if one.thread.field == field and not one.is_outdated],
    }
