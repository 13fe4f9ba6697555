"""People's tokens, where an origin shows a repository to them and not to the hub.

A token is opened here and nowhere else, by a worker, for one repository, and only after the origin
refused the hub itself; it goes to the origin's own host and never into a log.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.db.models import F
from django.db.models.functions import Now

from hub.models import ModelVariant, OriginToken
from hub.origins import OriginError
from hub.origins.lent import lending
from hub.sealing import Unopened, reseal, unseal

T = TypeVar("T")

# How an origin says that it does not show a repository to whoever asks …
CLOSED = frozenset({"gated", "private", "unauthorised", "repo_not_found"})
# … and that it does not know who asks.
REFUSED = CLOSED | {"bad_token"}

# Called with a variant: primary keys of those who brought it here. Apps above add to it.
sponsors: list[Callable[[ModelVariant], Iterable[int]]] = []


def sponsors_of(variant: ModelVariant) -> set[int]:
    """Empty for a variant that is not in the catalogue (yet)."""
    if variant.pk is None:
        return set()
    return {person for find in sponsors for person in find(variant)}


def with_tokens_of(people: Iterable[int], repo_id: str, work: Callable[[], T]) -> T:
    """`work()`; where the origin refuses, again with each token that one of `people` lent for `repo_id`.

    Raises what `work` raises; OriginError `bad_origin_token` when every token was refused as well.
    """
    try:
        return work()
    except OriginError as error:
        if error.code not in CLOSED:
            raise
        refusal = error
    for token in _tokens_for(people, repo_id):
        try:
            with lending(repo_id, unseal(bytes(token.encrypted))):
                answer = work()
        except (OriginError, Unopened) as error:
            if isinstance(error, OriginError) and error.code not in REFUSED:
                raise
            OriginToken.objects.filter(pk=token.pk).update(refused_at=Now())
            person = token.person.username
            refusal = OriginError(
                "bad_origin_token",
                what=repo_id,
                label=token.label,
                person=person,
                host="The origin",
            )
            continue
        OriginToken.objects.filter(pk=token.pk).update(
            last_used_at=Now(), refused_at=None, encrypted=reseal(bytes(token.encrypted))
        )
        return answer
    raise refusal


def _tokens_for(people: Iterable[int], repo_id: str) -> Iterator[OriginToken]:
    """Those that were refused last come last: their owner may have accepted the terms since."""
    tokens = OriginToken.objects.filter(person__in=set(people), person__is_active=True)
    ordered = tokens.select_related("person").order_by(F("refused_at").asc(nulls_first=True), "-pk")
    return (token for token in ordered if token.covers(repo_id))
