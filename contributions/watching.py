"""Whether somebody watches something: the read behind every watch button."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import models

from contributions.models import Contribution, Watch
from hub.models import Dataset, ModelVariant, User

Watchable = Contribution | ModelVariant | Dataset


class Attention(models.TextChoices):
    """How somebody hears of something. No row is NOT_WATCHING."""

    WATCHING = "watching", "Watching"
    NOT_WATCHING = "not_watching", "Not watching"
    MUTED = "muted", "Muted"


def field_of(thing: Watchable) -> str:
    """The column of Watch that points at such a thing."""
    if isinstance(thing, Contribution):
        return "contribution"
    return "variant" if isinstance(thing, ModelVariant) else "dataset"


@dataclass(frozen=True)
class Watched:
    """`attention` is None for somebody without an account."""

    thing: Watchable
    attention: Attention | None
    watchers: int

    @property
    def url(self) -> str:
        """Where a choice is posted."""
        return f"{self.thing.get_absolute_url()}watch/"

    @property
    def feed(self) -> str:
        return f"/feeds{self.thing.get_absolute_url()}"

    @property
    def icon(self) -> str:
        return "bell" if self.attention == Attention.WATCHING else "circle-slash"

    @property
    def choices(self) -> list[tuple[Attention, str]]:
        """Each with what it means; an entry cannot be muted, since nobody hears of it unasked."""
        if isinstance(self.thing, Contribution):
            meanings = {
                Attention.WATCHING: "everything that happens here",
                Attention.NOT_WATCHING: "what concerns you: you proposed or review it, or are named",
                Attention.MUTED: "only when somebody names you",
            }
        else:
            meanings = {
                Attention.WATCHING: "when a change to it is proposed, merged or measured",
                Attention.NOT_WATCHING: "only of what you take part in",
            }
        return list(meanings.items())


def read_watched(thing: Watchable, person: User | AnonymousUser) -> Watched:
    """One query, two for somebody with an account."""
    rows = Watch.objects.filter(**{field_of(thing): thing.pk})
    return Watched(thing, attention_of(thing, person), rows.filter(muted=False).count())


def attention_of(thing: Watchable, person: User | AnonymousUser) -> Attention | None:
    if not isinstance(person, User):
        return None
    muted = Watch.objects.filter(person=person, **{field_of(thing): thing.pk})
    match muted.values_list("muted", flat=True).first():
        case None:
            return Attention.NOT_WATCHING
        case True:
            return Attention.MUTED
        case _:
            return Attention.WATCHING
