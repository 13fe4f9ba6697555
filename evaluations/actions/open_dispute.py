"""Dispute an entry, a score of it or a claim about it."""

from evaluations.models import Claim, Dispute, Score
from evaluations.models.dispute import DisputeReason
from hub.models import Dataset, ModelVariant, User
from hub.refusal import Refusal


def open_dispute(
    *,
    actor: User,
    number: int,
    reason: str,
    summary: str,
    entry: ModelVariant | Dataset,
    score: Score | None = None,
    claim: Claim | None = None,
) -> Dispute:
    """Shown beside what it is about at once. `number` is the contribution where it is argued.

    Raises Refusal `invalid` for an unknown reason, and for a score or claim of something else.
    """
    if reason not in DisputeReason.values:
        message = f"Choose one of {', '.join(DisputeReason.values)}."
        raise Refusal("invalid", message, fields={"reason": [message]})
    if score is not None and score.checkpoint.variant_id != _variant(entry):
        raise _not_of(entry, "score")
    if claim is not None and claim.variant_id != _variant(entry):
        raise _not_of(entry, "claim")
    return Dispute.objects.create(
        number=number,
        reason=reason,
        summary=summary,
        variant=entry if isinstance(entry, ModelVariant) else None,
        dataset=entry if isinstance(entry, Dataset) else None,
        score=score,
        claim=claim,
        opened_by=actor,
    )


def _variant(entry: ModelVariant | Dataset) -> int | None:
    return entry.pk if isinstance(entry, ModelVariant) else None


def _not_of(entry: ModelVariant | Dataset, what: str) -> Refusal:
    message = f"That {what} is not one of {entry}."
    return Refusal("invalid", message, fields={what: [message]})
