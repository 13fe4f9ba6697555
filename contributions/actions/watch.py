from typing import Any

from contributions.models import Contribution, Watch
from contributions.watching import Attention, Watchable, field_of
from hub.models import User
from hub.refusal import Refusal


def watch(*, person: User, thing: Watchable, attention: str) -> Attention:
    """Say how `person` hears of `thing`. Setting it twice is setting it once.

    Raises Refusal `invalid` for a word that is none, and for muting an entry: nobody hears of one unasked.
    """
    wanted = [one for one in Attention if one == attention]
    if not wanted or (wanted == [Attention.MUTED] and not isinstance(thing, Contribution)):
        words = [one.value for one in Attention]
        message = f"Choose one of {', '.join(words)}; only contributions can be muted."
        raise Refusal("invalid", message, fields={"attention": [message]})
    which: dict[str, Any] = {"person": person, field_of(thing): thing}
    if wanted[0] == Attention.NOT_WATCHING:
        Watch.objects.filter(**which).delete()
    else:
        muted = wanted[0] == Attention.MUTED
        Watch.objects.update_or_create(**which, defaults={"muted": muted})
    return wanted[0]
