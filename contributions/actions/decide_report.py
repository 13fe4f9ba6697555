from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._audit import audit
from contributions.actions._limits import prose
from contributions.models import AbuseReport
from hub.models import User
from hub.refusal import Refusal

OUTCOMES = ("acted", "dismissed")


def decide_report(*, actor: User, report: AbuseReport, outcome: str, answer: str) -> AbuseReport:
    """Say what came of a report; the reporter reads the answer on their page of it.

    Raises PermissionDenied (maintainers, not about themselves), IllegalMove when another was first,
    Refusal.
    """
    if not permissions.moderates(actor) or actor == report.accused:
        raise PermissionDenied("Maintainers decide about reports, never about themselves.")
    if outcome not in OUTCOMES:
        message = f"Choose one of {', '.join(OUTCOMES)}."
        raise Refusal("invalid", message, fields={"outcome": [message]})
    answer = prose(answer, field="answer", most=2000, missing="Answer whoever reported it.")
    with transaction.atomic():
        report.move(outcome, decided_by=actor, decided_at=Now(), answer=answer)
        audit(
            actor=actor,
            deed=f"report {outcome}",
            target=f"@{report.accused.username}",
            url=report.get_absolute_url(),
            why=answer,
        )
    return report
