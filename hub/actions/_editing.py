"""What editing a variant and editing a dataset share: a new address, retiring, coming back."""

from django.db.models import Q
from django.db.models.functions import Now

from hub.models import Dataset, FormerName, ModelVariant, User
from hub.refusal import Refusal


def rename(entry: ModelVariant | Dataset, *, owner: str, name: str) -> bool:
    """Give `entry` its new address in memory; the old one leads there from now on. False: as it was.

    Two entries may have had one address after each other: it leads to the last that left it.
    """
    if (entry.owner, entry.name) == (owner, name):
        return False
    which = {"dataset": entry} if isinstance(entry, Dataset) else {"variant": entry}
    field = next(iter(which))
    taken = Q(owner__iexact=owner, name__iexact=name) | Q(
        owner__iexact=entry.owner, name__iexact=entry.name
    )
    FormerName.objects.filter(taken, **{f"{field}__isnull": False}).delete()
    if entry.full_name.lower() != f"{owner}/{name}".lower():
        FormerName.objects.create(owner=entry.owner, name=entry.name, **which)
    entry.owner, entry.name = owner, name
    return True


def set_state(entry: ModelVariant | Dataset, state: str, *, actor: User, why: str) -> None:
    """Retire `entry`, bring it back, or correct why it retired. Raises Refusal, IllegalMove."""
    if state == "retired" and not why:
        message = "Say why it retires: its page says so from then on."
        raise Refusal("invalid", message, fields={"retired_why": [message]})
    if state == "retired" and entry.state == "retired":
        entry.retired_why = why
        entry.save(update_fields=["retired_why"])
    elif state == "retired":
        entry.move("retired", retired_why=why, retired_by=actor, retired_at=Now())
    elif entry.state != state:
        entry.move(state, retired_why="", retired_by=None, retired_at=None)
