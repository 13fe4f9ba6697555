"""Look at those entries' origins that are due: each about once a day, a few a minute.

Idempotent: a look is claimed by moving its time on, so two sweeps at once look at each entry once.
"""

import logging
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.core.cache import cache
from django.db.models import F, Q
from django.db.models.functions import Now
from redis.exceptions import RedisError

from hub.actions.look_at_origin import look_at_origin
from hub.lease import from_now
from hub.models import Dataset, ModelVariant
from hub.origins import OriginError

logger = logging.getLogger(__name__)

# 43,200 a day with a sweep a minute; a larger catalogue is looked at less often, not faster.
MOST = 30
# A look that was claimed and never ended (killed) is due again after this.
CLAIM_SECONDS = 600
# An origin that is down, or slow, is left alone for a while; one that says for how long, for so long.
PAUSE_SECONDS = 300
PAUSED = "origin:paused"

Entry = ModelVariant | Dataset


def look_around(*, most: int = MOST) -> int:
    """How many entries were looked at. Stops at the first sign that the origin is in trouble."""
    if _paused():
        return 0
    looked = 0
    for entry in _due(most):
        if not claim_look(entry):
            continue
        looked += 1
        try:
            look_at_origin(entry=entry)
        except OriginError as error:
            logger.warning("look at %s: %s", entry.repo_id, error.code)
            if error.retryable or error.whose == "hub":
                _pause(error.retry_after or PAUSE_SECONDS)
                break
    return looked


def claim_look(entry: Entry) -> bool:
    """Whether this caller is the one who looks now: one conditional UPDATE."""
    rows = type(entry)._default_manager.filter(_is_due(), pk=entry.pk)
    return bool(rows.update(origin_look_at=from_now(CLAIM_SECONDS)))


def _due(most: int) -> list[ModelVariant | Dataset]:
    """Those who wait longest first, of both kinds. Two index scans."""
    found: Iterable[Any] = chain.from_iterable(
        model._default_manager.filter(_is_due(), state="published").order_by(
            F("origin_look_at").asc(nulls_first=True)
        )[:most]
        for model in (ModelVariant, Dataset)
    )
    return sorted(
        found, key=lambda entry: (entry.origin_look_at is not None, entry.origin_look_at)
    )[:most]


def _is_due() -> Q:
    return Q(origin_look_at=None) | Q(origin_look_at__lte=Now())


def _paused() -> bool:
    try:
        return bool(cache.get(PAUSED))
    except RedisError:
        return False


def _pause(seconds: float) -> None:
    try:
        cache.set(PAUSED, True, timeout=seconds)
    except RedisError as error:
        logger.warning("the pause is not kept: %s", type(error).__name__)
