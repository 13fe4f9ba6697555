"""How much the catalogue moves: cards published a week, for the front page's one small chart."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import Now, TruncWeek

from hub.models import CardRevision
from hub.search import kept

WEEKS = 12
WIDTH, HEIGHT = 280, 64


@dataclass(frozen=True)
class Bar:
    """One week, with its place in a drawing of WIDTH by HEIGHT."""

    start: date
    count: int
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Movement:
    """Counts are published cards: new entries and new revisions."""

    bars: list[Bar]
    recent: int
    before: int
    bar_width: int = WIDTH // WEEKS - 4
    width: int = WIDTH
    height: int = HEIGHT


def movement() -> Movement:
    """The last twelve weeks; `recent` and `before` are the last four and the four before. Up to 15 s old."""
    counts = kept("movement", _read)
    top = max(1, *(count for _, count in counts))
    bars = [
        Bar(start, count, index * (WIDTH // WEEKS), HEIGHT - height, height)
        for index, (start, count) in enumerate(counts)
        for height in [round(count / top * HEIGHT)]
    ]
    numbers = [count for _, count in counts]
    return Movement(bars, recent=sum(numbers[-4:]), before=sum(numbers[-8:-4]))


def _read() -> list[tuple[date, int]]:
    published = CardRevision.objects.filter(published_at__gt=Now() - timedelta(weeks=WEEKS))
    weeks = published.annotate(week=TruncWeek("published_at")).order_by("week")
    counts = {row["week"].date(): row["n"] for row in weeks.values("week").annotate(n=Count("pk"))}
    latest = _this_week()
    starts = [latest - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    return [(start, counts.get(start, 0)) for start in starts]


def _this_week() -> date:
    today = date.today()  # noqa: DTZ011 TIME_ZONE is UTC, which Django sets for the process
    return today - timedelta(days=today.weekday())
