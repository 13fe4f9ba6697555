"""Does a text hold runs of words that stand in a set of items? As open-r1's decontaminate looks for them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

# Words in a row that two texts do not share by chance; then those that nobody calls chance.
USUAL, LONG = 8, 13
# An item shorter than USUAL counts as a whole; one shorter than this says nothing.
LEAST = 5
# Which benchmark, and which of its items.
Key = tuple[str, str]
WORD = re.compile(r"[^\W_]+")
# Of an item: what is looked up, or follows from the rest.
NOT_TEXT = frozenset(
    {"id", "doc_id", "uuid", "answer", "target", "label", "subject", "level", "source"}
)


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def texts_of(
    value: Any, *, leave_out: frozenset[str] = frozenset(), depth: int = 6
) -> Iterator[str]:
    """Every text within JSON data, but what stands under the keys of `leave_out`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from texts_of(inner, leave_out=leave_out, depth=depth - 1)
    elif isinstance(value, dict) and depth:
        for key, inner in value.items():
            if key not in leave_out:
                yield from texts_of(inner, leave_out=leave_out, depth=depth - 1)


def text_of_line(line: str) -> Iterator[str]:
    """The texts of a line of JSON lines, or the line itself."""
    if line.startswith("{"):
        try:
            yield from texts_of(json.loads(line))
            return
        except (ValueError, RecursionError):
            pass
    yield line


class Index:
    """Items by their runs of words. `hits` and `long_hits` are the items that were found so far."""

    def __init__(self) -> None:
        self.runs: dict[int, dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
        self.items: set[Key] = set()
        self.hits: set[Key] = set()
        self.long_hits: set[Key] = set()

    def add(self, key: Key, item: Any) -> None:
        """`item` is JSON data; one whose texts are all too short is left out."""
        for text in texts_of(item, leave_out=NOT_TEXT):
            found = words(text)
            if len(found) < LEAST:
                continue
            self.items.add(key)
            self._keep(key, found, min(USUAL, len(found)))
            self._keep(key, found, LONG)

    def _keep(self, key: Key, found: list[str], size: int) -> None:
        for start in range(len(found) - size + 1):
            self.runs[size][" ".join(found[start : start + size])].add(key)

    def look(self, text: str) -> None:
        """Take note of every item of which a run stands in `text`."""
        found = words(text)
        longer = self.runs.get(LONG, {})
        for size, runs in list(self.runs.items()):
            if size == LONG:
                continue
            for start in range(len(found) - size + 1):
                keys = runs.get(" ".join(found[start : start + size]))
                if keys:
                    self.hits |= keys
                    if longer:
                        self.long_hits |= longer.get(" ".join(found[start : start + LONG]), set())

    def look_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            for text in text_of_line(line):
                self.look(text)
