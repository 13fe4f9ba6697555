"""Somebody says that a repository changed at its origin: have it looked at soon."""

from django.db.models import Q
from django.db.models.functions import Now

from hub.models import Dataset, ModelVariant
from hub.queue import send_on_commit

# Several entries may name one repository; more than these wait for their daily look.
MOST = 20


def hear_of_change(*, kind: str, name: str, origin_id: str, maybe_at: str = "") -> int:
    """How many entries will be looked at. `kind` is model or dataset; anything else is nothing of ours.

    `name` is `owner/name` as it is or was, `origin_id` the repository's own, `maybe_at` a new name. An
    entry whose message gets lost is due all the same, and the sweep finds it.
    """
    if kind not in {"model", "dataset"}:
        return 0
    model = Dataset if kind == "dataset" else ModelVariant
    which = Q(repo_id__iexact=name) if name else Q(pk=None)
    if origin_id:
        which |= Q(origin_id=origin_id)
    found = list(model._default_manager.filter(which, state="published")[:MOST])
    for entry in found:
        model._default_manager.filter(pk=entry.pk).update(origin_look_at=Now())
        send_on_commit("hub.look", kind, entry.pk, maybe_at or name)
    return len(found)
