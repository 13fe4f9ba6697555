"""The page-shaped reads of one person's notifications."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from contributions.models import Contribution, Notification
from contributions.models.notification import Why
from contributions.sentences import sentence
from hub.keyset import Key, Sorting
from hub.models import User

# More than anybody counts: the header says 99+, and the query stops there.
MOST = 99
SORTING = Sorting(choices={"newest": Key("pk", descending=True)}, default="newest", tie="pk")
UNREAD, READ, ALL = "unread", "read", "all"
SHOWN = ((UNREAD, "unread"), (READ, "read"), (ALL, "all"))


class NotificationFilter(filters.FilterSet):  # type: ignore[misc]
    """Unread unless it says otherwise: an inbox is what is left to read."""

    show = filters.ChoiceFilter(
        label="Show", choices=SHOWN, method="as_is", help_text="`unread` unless said otherwise."
    )
    why = filters.ChoiceFilter(label="Why", choices=Why.choices)

    class Meta:
        model = Notification
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Nothing asked for is an answer too; unbound, it would show everything.
        super().__init__({} if data is None else data, *args, **kwargs)

    def as_is(
        self, queryset: QuerySet[Notification], name: str, value: str
    ) -> QuerySet[Notification]:
        return queryset

    def filter_queryset(self, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        shown = self.form.cleaned_data.get("show") or UNREAD
        if shown != ALL:
            queryset = queryset.filter(read_at__isnull=shown == UNREAD)
        found: QuerySet[Notification] = super().filter_queryset(queryset)
        return found


@dataclass(frozen=True)
class Unread:
    """How much somebody has to read; `text` is empty when nothing."""

    count: int

    @property
    def text(self) -> str:
        return f"{MOST}+" if self.count > MOST else str(self.count or "")


@dataclass(frozen=True)
class News:
    """One notification in words."""

    notification: Notification

    @property
    def sentence(self) -> str:
        return sentence(self.notification.event)


@dataclass(frozen=True)
class Group:
    """What is new in one contribution, newest first."""

    contribution: Contribution
    news: list[News]

    @property
    def has_unread(self) -> bool:
        return any(one.notification.read_at is None for one in self.news)

    @property
    def newest(self) -> int:
        return max(one.notification.pk for one in self.news)


def unread_of(person: User | AnonymousUser) -> Unread:
    """One index-only query that reads at most a hundred entries; none for somebody without an account."""
    if not isinstance(person, User):
        return Unread(0)
    rows = Notification.objects.filter(person=person, read_at=None).order_by("-pk")
    return Unread(rows[: MOST + 1].count())


def listed(person: User) -> QuerySet[Notification]:
    """With everything that a line shows."""
    said = ("event__actor", "event__review", "event__checked", "event__person")
    return Notification.objects.filter(person=person).select_related("contribution", *said)


def grouped(notifications: Iterable[Notification]) -> list[Group]:
    """By contribution, in the order of the newest of each."""
    groups: dict[int, Group] = {}
    for one in notifications:
        group = groups.setdefault(one.contribution_id, Group(one.contribution, []))
        group.news.append(News(one))
    return list(groups.values())
