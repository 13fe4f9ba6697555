"""Ask an origin what became of an entry's repository, and write down what changed.

One request where nothing did. The entry's address here, its card and its scores stay what they are.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from hub import drift, origins
from hub.lease import from_now
from hub.models import Dataset, ModelVariant, OriginChange
from hub.models.entry import OriginState
from hub.models.origin_change import ChangeKind
from hub.origins import OriginError
from hub.origins.protocol import Sighting

DAY = 24 * 3600
# An origin hiccups, people delete and put back: it is gone once several looks in a row say so.
GONE_AFTER = timedelta(hours=6)
MISSING_AGAIN_SECONDS = 2 * 3600
FAILED_AGAIN_SECONDS = 3600
# What says that there is nothing to read under this name, whoever asks again. Everything else (5xx, 429,
# time-outs, a proxy's page, our own credentials refused) says nothing about the repository.
MISSING = frozenset({"repo_not_found", "disabled", "private", "unauthorised"})

# Checkpoints whose files a new commit is compared with.
MOST_KNOWN = 20

Entry = ModelVariant | Dataset


def look_at_origin(*, entry: Entry, maybe_at: str = "") -> list[OriginChange]:
    """What changed since the last look; [] mostly. The next look is set either way.

    `maybe_at` is a name that somebody says the repository has now: believed only when the origin says
    that it is the same repository. Raises OriginError where the origin gave no answer about it.
    """
    seen: Sighting | None = None
    digest = why = ""
    try:
        seen = _sighting(entry, maybe_at)
        digest = _digest(entry, seen)
    except OriginError as error:
        if error.code not in MISSING:
            _look_again(entry, max(FAILED_AGAIN_SECONDS, error.retry_after or 0))
            raise
        why = error.code
    with transaction.atomic():
        now = type(entry)._default_manager.select_for_update(no_key=True).get(pk=entry.pk)
        if now.repo_id != entry.repo_id:
            return []  # it was edited meanwhile: what was seen is about another repository
        found = _missed(now, why) if seen is None else _compared(now, seen, digest)
        changes = _written(now, found)
        if changes:
            transaction.on_commit(partial(_tell, now, changes), robust=True)
    entry.refresh_from_db()
    return changes


# Kind, before and after of each.
Found = list[tuple[ChangeKind, str, str]]


def _sighting(entry: Entry, maybe_at: str) -> Sighting:
    """Under the name we know; else under the other, if that is the very same repository."""
    origin = origins.get()
    kind = "dataset" if isinstance(entry, Dataset) else "model"
    try:
        seen = origin.look(entry.repo_id, kind)  # type: ignore[arg-type]
    except OriginError as error:
        if error.code not in MISSING or not maybe_at:
            raise
        seen = origin.look(maybe_at, kind)  # type: ignore[arg-type]
        if not entry.origin_id or seen.origin_id != entry.origin_id:
            raise error from None
        return seen
    if maybe_at and _is_another(entry, seen):
        moved = origin.look(maybe_at, kind)  # type: ignore[arg-type]
        return moved if moved.origin_id == entry.origin_id else seen
    return seen


def _is_another(entry: Entry, seen: Sighting) -> bool:
    return bool(entry.origin_id and seen.origin_id and entry.origin_id != seen.origin_id)


def _digest(entry: Entry, seen: Sighting) -> str:
    """What an evaluation would load of the commit that was seen; '' where that cannot be read."""
    if isinstance(entry, Dataset) or _is_another(entry, seen):
        return ""
    if seen.commit == entry.origin_commit and entry.origin_digest:
        return entry.origin_digest
    known = list(entry.checkpoints.all()[:MOST_KNOWN])
    for checkpoint in known:
        if checkpoint.commit == seen.commit:
            return checkpoint.digest
    try:
        found = origins.get().digest_at(seen.repo_id, seen.commit)
    except OriginError as error:
        if error.retryable:
            raise
        return ""  # gated, too large, or gone this minute: it counts as other bytes
    # An adapter's checkpoint is named by its base's files as well.
    same = (one.digest for one in known if one.manifest.digest == found)
    return next(same, found)


def _missed(entry: Entry, why: str) -> Found:
    """Nothing is there. Said once it stayed so; the entry and its scores stay."""
    now = timezone.now()
    entry.origin_missing_since = entry.origin_missing_since or now
    if now - entry.origin_missing_since < GONE_AFTER:
        entry.origin_look_at = now + timedelta(seconds=MISSING_AGAIN_SECONDS)
        return []
    entry.origin_look_at = _tomorrow(now)
    if entry.origin_state == OriginState.GONE:
        return []
    entry.origin_state = OriginState.GONE
    return [(ChangeKind.GONE, entry.repo_id, why)]


def _compared(entry: Entry, seen: Sighting, digest: str) -> Found:
    now = timezone.now()
    entry.origin_missing_since = None
    entry.origin_look_at = _tomorrow(now)
    if _is_another(entry, seen):
        # Nothing of it is taken over: whose scores would those be?
        if entry.origin_state == OriginState.REPLACED:
            return []
        entry.origin_state = OriginState.REPLACED
        return [(ChangeKind.REPLACED, entry.origin_id, seen.origin_id)]
    found: Found = []
    was, entry.origin_state = entry.origin_state, _state(seen)
    if was in {OriginState.GONE, OriginState.REPLACED}:
        found.append((ChangeKind.BACK, was, seen.repo_id))
    elif was == OriginState.HERE and seen.gated:
        found.append((ChangeKind.GATED, "", ""))
    elif was == OriginState.GATED and not seen.gated:
        found.append((ChangeKind.BACK, was, ""))
    if seen.repo_id.lower() != entry.repo_id.lower():
        found.append((ChangeKind.RENAMED, entry.repo_id, seen.repo_id))
    known = entry.origin_commit or _newest_here(entry)
    if known and known != seen.commit:
        found.append((ChangeKind.COMMIT, known, seen.commit))
    entry.repo_id = seen.repo_id
    entry.origin_id = seen.origin_id or entry.origin_id
    entry.origin_commit, entry.origin_digest = seen.commit, digest
    entry.origin_seen_at = now
    return found


def _state(seen: Sighting) -> OriginState:
    return OriginState.GATED if seen.gated else OriginState.HERE


def _newest_here(entry: Entry) -> str:
    if isinstance(entry, Dataset):
        return ""
    return entry.checkpoints.values_list("commit", flat=True).first() or ""


def _written(entry: Entry, found: Found) -> list[OriginChange]:
    # `updated_at` stays: nobody changed what the hub says of it.
    type(entry)._default_manager.filter(pk=entry.pk).update(
        repo_id=entry.repo_id,
        origin_id=entry.origin_id,
        origin_commit=entry.origin_commit,
        origin_digest=entry.origin_digest,
        origin_state=entry.origin_state,
        origin_seen_at=entry.origin_seen_at,
        origin_missing_since=entry.origin_missing_since,
        origin_look_at=entry.origin_look_at,
    )
    which = {"dataset": entry} if isinstance(entry, Dataset) else {"variant": entry}
    return OriginChange.objects.bulk_create(
        OriginChange(**which, kind=kind, before=before, after=after)
        for kind, before, after in found
    )


def _look_again(entry: Entry, seconds: float) -> None:
    rows = type(entry)._default_manager.filter(pk=entry.pk)
    rows.update(origin_look_at=from_now(seconds))


def _tomorrow(now: datetime) -> datetime:
    """A day on, a little earlier or later: what was added together is not asked about together."""
    return now + timedelta(seconds=DAY * random.uniform(0.9, 1.1))


def _tell(entry: Entry, changes: Sequence[OriginChange]) -> None:
    for hook in drift.on_change:
        hook(entry, changes)
