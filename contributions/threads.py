"""Threads as a page shows them: what was said, and whether what it was said about is still there."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from contributions import proposals
from contributions.models import Comment, Contribution, Thread, Version
from contributions.proposals.protocol import Payload, Proposal


@dataclass(frozen=True)
class ShownThread:
    thread: Thread
    # The field's words on the form.
    label: str
    # Oldest first, the one that opened it among them.
    comments: Sequence[Comment]
    # What it was about reads differently by now.
    is_outdated: bool


def quoted(proposal: Proposal, payload: Payload, field: str, line: int | None) -> str | None:
    """The line as people read it, or the first of the field; None where there is no such place."""
    found = next((one for one in proposal.fields if one.name == field), None)
    if found is None:
        return None
    lines = found.show(payload.get(field)).split("\n")
    number = 1 if line is None else line
    return lines[number - 1] if 1 <= number <= len(lines) else None


@dataclass(frozen=True)
class Choice:
    """A place to talk about: the field as the newest version has it, and the line that was picked."""

    field: str
    label: str
    version: int
    # Numbered from 1; a field of one line is talked about as a whole.
    lines: Sequence[tuple[int, str]]
    line: int | None

    @property
    def quote(self) -> str:
        return self.lines[self.line - 1][1] if self.line else ""


def read_place(contribution: Contribution, field: str, line: str) -> Choice | None:
    """From an address; None where the newest version has no such place. One query."""
    found = next(
        (one for one in proposals.get(contribution.kind).fields if one.name == field), None
    )
    if found is None:
        return None
    newest = contribution.versions.get(number=contribution.head)
    texts = found.show(newest.payload.get(field)).split("\n") if found.is_long else []
    picked = int(line) if line.isdecimal() and len(line) < 7 else None
    if picked is not None and not 1 <= picked <= len(texts):
        return None
    return Choice(field, found.label, newest.number, list(enumerate(texts, start=1)), picked)


def read_threads(contribution: Contribution, newest: Version) -> list[ShownThread]:
    """Every thread, oldest first; `newest` is the version that they are compared with. Two queries."""
    proposal = proposals.get(contribution.kind)
    labels = {field.name: field.label for field in proposal.fields}
    said = Comment.objects.select_related("author").order_by("pk")
    rows = contribution.threads.select_related("opened_by", "resolved_by")
    return [
        ShownThread(
            thread=thread,
            label=labels.get(thread.field, thread.field),
            comments=list(thread.comments.all()),
            is_outdated=_is_outdated(thread, proposal, newest),
        )
        for thread in rows.prefetch_related(Prefetch("comments", queryset=said))
    ]


def _is_outdated(thread: Thread, proposal: Proposal, newest: Version) -> bool:
    if thread.version_number == newest.number:
        return False
    text = quoted(proposal, newest.payload, thread.field, thread.line)
    return text is None or text[: Thread.QUOTE_LENGTH] != thread.quote
