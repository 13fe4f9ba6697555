"""One kept answer as pages and the API show it: bounded, and as text. Strangers wrote all of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.word_diff import Piece, word_diff

EXCERPT = 160
# On a list the rest is one click away; on the page of one sample it is in the download.
PREVIEW, WHOLE = 1_500, 50_000
MOST_SHOWN = 64
MOST_ON_LIST = 3
COLUMNS = (
    "doc_id doc_hash task seed outcome prompt target form asked answers filtered whole".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Choice:
    """A text that the model was shown, and how likely it found it: a log-likelihood."""

    text: str
    number: str
    is_likeliest: bool


@dataclass(frozen=True)
class Answer:
    """What one model answered. `pieces` is set where another's answer stands beside it."""

    excerpt: str
    texts: list[str] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    more: int = 0
    taken: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """What was asked, and what would have been right."""

    doc_id: int | None
    doc_hash: str
    task: str
    excerpt: str
    prompt: str
    target: str


def asked_of(row: Mapping[str, Any], *, longest: int = PREVIEW) -> Asked:
    """The question stands at the end of a prompt, so its end is what is shown of a long one."""
    prompt = _plain(row["prompt"])
    return Asked(
        row["doc_id"],
        row["doc_hash"],
        row["task"],
        excerpt=_tail(" ".join(prompt[-8 * EXCERPT :].split()), EXCERPT),
        prompt=_tail(prompt, longest),
        target=_head(_plain(_target(row)), longest),
    )


def _target(row: Mapping[str, Any]) -> str:
    """What was right, as text: tasks with choices often keep its number only."""
    target: str = row["target"]
    choices: list[str] = (
        [text.strip() for text in row["asked"] or ()] if row["form"] == "json" else []
    )
    if target in choices or not target.isdecimal() or int(target) >= len(choices):
        return target
    return choices[int(target)]


def answer_of(
    row: Mapping[str, Any], *, longest: int = PREVIEW, most: int = MOST_ON_LIST
) -> Answer:
    """What was answered; several answers share the bound on their length."""
    answers: Sequence[str] = row["answers"] or ()
    taken = [_head(_plain(text), EXCERPT) for text in (row["filtered"] or ())[:most]]
    if row["form"] == "json":
        choices = _choices(row["asked"] or (), answers)
        likeliest = next((one for one in choices if one.is_likeliest), None)
        excerpt = likeliest.text if likeliest else ", ".join(one.number for one in choices[:1])
        return Answer(_head(_line(excerpt), EXCERPT), choices=choices[:MOST_SHOWN])
    each = max(longest // max(1, min(len(answers), most)), EXCERPT)
    texts = [_head(_plain(text), each) for text in answers[:most]]
    first = _line(texts[0]) if texts else ""
    more = max(0, len(answers) - most)
    return Answer(_head(first, EXCERPT), texts, more=more, taken=taken)


def beside(mine: Answer, theirs: Answer) -> tuple[Answer, Answer]:
    """Both with the words marked in which their first answers differ."""
    if not mine.texts or not theirs.texts:
        return mine, theirs
    pieces = word_diff(theirs.texts[0], mine.texts[0])
    return (
        Answer(**{**vars(mine), "pieces": [piece for piece in pieces if piece[0] != "del"]}),
        Answer(**{**vars(theirs), "pieces": [piece for piece in pieces if piece[0] != "add"]}),
    )


def _choices(asked: Sequence[str], answers: Sequence[str]) -> list[Choice]:
    numbers = [_likelihood(text) for text in answers]
    known = [number for number in numbers if number is not None]
    best = max(known) if len(known) > 1 else None
    texts = [*asked, *[""] * (len(answers) - len(asked))]
    return [
        Choice(
            _head(_plain(text), PREVIEW),
            _head(raw, EXCERPT)
            if number is None
            else f"{number:.3f}".replace("-", "\N{MINUS SIGN}"),
            number is not None and number == best,
        )
        for text, raw, number in zip(texts, answers, numbers, strict=False)
    ]


def _likelihood(text: str) -> float | None:
    """Answers about a given text: a log-likelihood, or that and whether it was the likeliest of all."""
    try:
        value = json.loads(text)
        value = value[0] if isinstance(value, list) else value
        return float(value)
    except (ValueError, TypeError, IndexError, RecursionError):
        return None


def _plain(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _line(text: str) -> str:
    return " ".join(text[: 8 * EXCERPT].split())


def _head(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _tail(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"…{text[-longest:]}"
