"""Fix what an adapter is measured on."""

from evaluations.bases import base_of, digest_on
from evaluations.models import RunItem, Score
from hub.models import Checkpoint
from hub.refusal import Refusal


def settle_base(checkpoint: Checkpoint) -> None:
    """Of an adapter: write its base as the lineage names it now, and the digest over both; of anything
    else: nothing. Must run in a transaction, before anything of it is asked for.

    Raises Refusal (bases.base_of), or base_changed where it was measured on another one.
    """
    base = base_of(checkpoint)
    if base is None:
        return
    held = Checkpoint.objects.select_for_update(no_key=True).get(pk=checkpoint.pk)
    digest = digest_on(checkpoint, base)
    if held.digest != digest:
        _refuse_if_measured(held, base)
        held.base, held.digest = base, digest
        held.save(update_fields=["base", "digest"])
    checkpoint.base, checkpoint.digest = base, digest


def _refuse_if_measured(checkpoint: Checkpoint, base: Checkpoint) -> None:
    waiting = RunItem.objects.filter(run__checkpoint=checkpoint, live=True)
    if waiting.exists() or Score.objects.filter(checkpoint=checkpoint).exists():
        message = (
            f"It was measured on {checkpoint.base}, and its lineage says {base} now. Numbers of two "
            "bases are not mixed: submit the adapter's commit that belongs to the new one."
        )
        raise Refusal("base_changed", message)
