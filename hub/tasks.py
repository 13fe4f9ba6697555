"""What messages start. A message is a nudge: each of these may come twice, late or not at all."""

from celery import shared_task

from hub.actions.evict import tidy_store
from hub.actions.look_around import claim_look
from hub.actions.look_around import look_around as look_at_due
from hub.actions.look_at_origin import look_at_origin
from hub.models import Dataset, ModelVariant
from hub.origins import OriginError


@shared_task(name="hub.look_around")
def look_around() -> None:
    look_at_due()


@shared_task(name="hub.look")
def look(kind: str, pk: int, maybe_at: str) -> None:
    """Look at one entry that somebody says has changed, if nobody else does."""
    model = Dataset if kind == "dataset" else ModelVariant
    entry = model._default_manager.filter(pk=pk).first()
    if entry is None or not claim_look(entry):
        return
    try:
        look_at_origin(entry=entry, maybe_at=maybe_at)
    except OriginError:
        return  # a later look is set


@shared_task(name="hub.tidy_store")
def tidy() -> None:
    """Within its limits again."""
    tidy_store()
