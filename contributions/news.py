"""Whether a page that is open still shows what is true: one small query, asked again and again."""

import zlib
from collections.abc import Iterable, Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Expression, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat

from contributions.conversation import Step
from contributions.models import Check, Contribution, Event
from evaluations.models import Run
from hub.models import User

# Something is at work; something waits for a worker, which may take days; only people act.
SOON, LATER, QUIET = "every 2s", "every 20s", "every 30s"
RUNS = 20
NAMED = 3
SAID = {
    "commented": "commented",
    "submitted": "opened this",
    "revised": "submitted a new version",
    "reviewed": "reviewed it",
    "assigned": "asked for a review",
    "resolved": "resolved a thread",
    "reopened": "reopened a thread",
    "merged": "merged it",
    "closed": "closed it",
    "withdrawn": "withdrew it",
}


def read_stamp(number: int, *, version: int = 0, runs: Sequence[int] = ()) -> str:
    """Differs whenever a page would: state, conversation, checks of `version` (0: the newest), the
    runs of what it made and those of `runs`. Empty where there is no such contribution. One query."""
    last = Event.objects.filter(contribution=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    shown = Value(version) if version else OuterRef("head")
    checks = Check.objects.filter(version__contribution=OuterRef("pk"), version__number=shown)
    own = Q(checkpoint__variant=OuterRef("variant")) | Q(pk__in=list(runs))
    facts = Contribution.objects.filter(pk=number).values_list(
        "state",
        "head",
        "updated_at",
        Subquery(last),
        ArraySubquery(_marks(checks.order_by("pk"), F("attempt"))),
        ArraySubquery(
            _marks(Run.objects.filter(own).order_by("-pk"), KeyTextTransform("done", "progress"))[
                :RUNS
            ]
        ),
    )
    found = facts.first()
    return f"{zlib.crc32(repr(found).encode()):08x}" if found else ""


def _marks(rows: "QuerySet[Check] | QuerySet[Run]", more: Expression | F) -> "QuerySet[Check, str]":
    text = Coalesce(Cast(more, CharField()), Value(""))
    return rows.values_list(  # type: ignore[return-value]
        Concat(Cast("pk", CharField()), Value(" "), "state", Value(" "), text), flat=True
    )


def in_words(steps: Iterable[Step], *, since: int, reader: User | None) -> str:
    """What happened after event `since`, for whoever cannot see it appear; empty when nothing did."""
    new = [step.event for step in steps if step.event.pk > since]
    told: list[str] = []
    for event in new:
        if event.actor is None or event.actor == reader or event.verb not in SAID:
            continue
        told.append(f"{event.actor.username} {SAID[event.verb]}")
    if any(event.verb == "checked" for event in new):
        told.append("checks finished")
    if any(event.verb == "measured" for event in new):
        told.append("a run finished")
    told = list(dict.fromkeys(told))
    more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
    return ", ".join([*told[:NAMED], *more])
