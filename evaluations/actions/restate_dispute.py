"""Let an open dispute say what the newest version of its contribution says."""

from django.db.models.functions import Now

from evaluations.models import Claim, Dispute, Score
from hub.models import Dataset, ModelVariant


def restate_dispute(
    *,
    number: int,
    reason: str,
    summary: str,
    entry: ModelVariant | Dataset,
    score: Score | None = None,
    claim: Claim | None = None,
) -> None:
    """Only while it is open: what was decided was decided about what it said then."""
    Dispute.objects.filter(number=number, state="open").update(
        reason=reason,
        summary=summary,
        variant=entry if isinstance(entry, ModelVariant) else None,
        dataset=entry if isinstance(entry, Dataset) else None,
        score=score,
        claim=claim,
        changed_at=Now(),
    )
