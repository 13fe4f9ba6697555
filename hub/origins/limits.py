"""Limits that hold before a byte moves."""

from collections.abc import Iterable

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from hub.manifest import FileRow
from hub.origins.errors import OriginError


def check_limits(sizes: Iterable[int], *, what: str) -> None:
    """Raise OriginError when the evaluated files (sizes in bytes) are too many or too large."""
    sizes = list(sizes)
    if len(sizes) > settings.CHECKPOINT_MAX_FILES:
        limit = settings.CHECKPOINT_MAX_FILES
        raise OriginError("too_many_files", what=what, size=len(sizes), limit=limit)
    if sum(sizes) > settings.CHECKPOINT_MAX_BYTES:
        limit, size = settings.CHECKPOINT_MAX_BYTES, sum(sizes)
        raise OriginError("too_large", what=what, size=_readable(size), limit=_readable(limit))


def check_room(missing: Iterable[FileRow], free: int, *, what: str) -> None:
    """Raise OriginError when `missing` files do not fit into `free` bytes."""
    if sum(file["size"] for file in missing) > free:
        raise OriginError("disk_full", what=what)


def _readable(size: int) -> str:
    return filesizeformat(size).replace("\xa0", " ")
