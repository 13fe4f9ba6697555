"""Answering somebody's words: a text that begins with them."""

from contributions.conversation import PLACE
from contributions.models import Comment, Review

# Of a long text the beginning says which one is meant.
MOST_LINES = 20


def quote(number: int, place: str) -> str:
    """Markdown that quotes what stands at `place` ("comment-12", "review-3") of contribution `number`;
    empty where there is nothing. One query."""
    found = PLACE.fullmatch(place)
    said: Comment | Review | None = None
    if found and found[1] == "comment":
        comments = Comment.objects.select_related("author")
        said = comments.filter(contribution=number, pk=int(found[2])).first()
    elif found and found[1] == "review":
        reviews = Review.objects.select_related("reviewer")
        said = reviews.filter(version__contribution=number, pk=int(found[2])).first()
    if said is None or not said.body:
        return ""
    who = said.author if isinstance(said, Comment) else said.reviewer
    return quoted(said.body, who.username)


def quoted(body: str, username: str) -> str:
    lines = body.split("\n")
    shown = [*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])]
    quotation = "\n".join(f"> {line}".rstrip() for line in shown)
    return f"@{username}\n\n{quotation}\n\n"
