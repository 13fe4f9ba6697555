"""What a comment said before: each edit with the words that it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contributions.models import Comment, CommentEdit
from hub.keyset import BadCursor, Key, paginate
from hub.models import User
from hub.word_diff import Piece, word_diff

SHOWN = 20
NEWEST_FIRST = (Key("pk", descending=True),)


@dataclass(frozen=True)
class Said:
    """One edit: who, when, and the words before and after in one text."""

    who: User
    when: datetime
    words: Sequence[Piece]


@dataclass(frozen=True)
class History:
    edits: Sequence[Said]
    # Query strings, empty at an end.
    newer: str
    older: str


def read_history(comment: Comment, *, cursor: str = "", size: int = SHOWN) -> History:
    """A page of edits, newest first; two queries. A cursor of another list shows the newest."""
    rows = CommentEdit.objects.filter(comment=comment).select_related("edited_by")
    try:
        page = paginate(rows, NEWEST_FIRST, cursor=cursor, size=size)
    except BadCursor:
        page = paginate(rows, NEWEST_FIRST, size=size)
    after = comment.body
    if page.rows:
        # What the newest of them led to: what the next edit found, or what stands now.
        found = CommentEdit.objects.filter(comment=comment, pk__gt=page.rows[0].pk).order_by("pk")
        after = found.values_list("body", flat=True).first() or after
    edits = []
    for row in page.rows:
        edits.append(Said(row.edited_by, row.edited_at, word_diff(row.body, after)))
        after = row.body
    return History(edits, *(f"?cursor={one}" if one else "" for one in (page.previous, page.next)))
