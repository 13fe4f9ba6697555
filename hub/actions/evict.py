"""Keep the store within its limits; called by the sweep, and before a fetch that needs room."""

import logging

from hub import eviction
from hub import store as stores

logger = logging.getLogger(__name__)


def tidy_store() -> None:
    """Within its limits again, without what killed processes left behind. May run twice at once."""
    store = stores.default()
    store.remove_orphans()
    room = eviction.make_room(0, store)
    if room < 0:
        logger.warning("the store holds %d bytes too many, and nothing may go", -room)
