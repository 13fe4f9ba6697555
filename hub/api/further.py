"""Fields that other apps add to what the API says of an entry, without the hub knowing them.

evaluations and contributions register in their `ready()`:

    further.register("variant", "disputes", shown=DisputeSerializer, read=standing_against)

Places: `variant` and `dataset`, as one of them is read; lists stay as they are. `read` is handed the
entry and answers with a list, in a fixed number of queries.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

PLACES = frozenset({"variant", "dataset"})

Shown = type[serializers.BaseSerializer[Any]]
Read = Callable[[Any], Sequence[Any]]

_fields: dict[str, dict[str, tuple[Shown, Read]]] = defaultdict(dict)


class Further(serializers.Field[Any, Any, Any, Any]):
    """What another app reads of an entry."""

    def __init__(self, shown: Shown, read: Read) -> None:
        super().__init__(source="*", read_only=True)
        self.shown, self.read = shown, read

    def to_representation(self, entry: Any) -> Any:
        return self.shown(self.read(entry), many=True, context=self.context).data


def register(place: str, name: str, *, shown: Shown, read: Read) -> None:
    """Add the field `name` at `place`. Registering twice adds it once."""
    if place not in PLACES:
        raise ImproperlyConfigured(f"The API has no {place!r} to add to: {sorted(PLACES)}")
    _fields[place][name] = shown, read


def fields(place: str) -> dict[str, Any]:
    """The fields of `place`, made anew for one serializer."""
    described: Any = extend_schema_field
    return {
        name: described(shown(many=True))(Further(shown, read))
        for name, (shown, read) in _fields[place].items()
    }
