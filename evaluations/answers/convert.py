"""From the JSON lines a harness writes to the Parquet file that is kept."""

import gzip
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

# Few enough rows that a page which needs one reads little, enough that the footer of a million rows
# (3.6 MB) opens in 30 ms; and in bytes, because answers of 32,000 tokens times 64 are 8 MB a row.
GROUP_ROWS = 256
GROUP_BYTES = 4 << 20
LONGEST_TEXT = 1 << 20
LONGEST_DOC = 4 << 20
LONGEST_LINE = 128 << 20
# Lines of other filters; a gzip file of a few kilobytes can hold any number.
MOST_SKIPPED = 64_000_000
MOST_ITEMS = 4096
# Every question has the same, but for tasks that stop elsewhere at each.
MOST_SETTINGS, LONGEST_SETTING = 64, 4096
CUT = "\n… [cut here; {:,} characters in all]"

Line = Mapping[str, Any]


class BadAnswers(ValueError):
    """The lines are not what a harness writes, or not those of this score."""


def schema() -> Any:
    """`form` is "text" where answers are what a model wrote, "json" where they are numbers about
    texts it was shown (`asked`: those texts). `requests` is how many questions the answers belong to,
    evenly. `doc` is the document as JSON. `whole` is false where something was cut or replaced."""
    import pyarrow as pa

    texts = pa.list_(pa.string())
    return pa.schema(
        [
            ("doc_id", pa.int64()),
            ("doc_hash", pa.string()),
            ("task", pa.string()),
            ("filter", pa.string()),
            ("seed", pa.int64()),
            ("outcome", pa.float64()),
            ("prompt", pa.string()),
            ("target", pa.string()),
            ("form", pa.string()),
            ("requests", pa.int32()),
            ("asked", texts),
            ("answers", texts),
            ("filtered", texts),
            ("doc", pa.string()),
            ("whole", pa.bool_()),
        ]
    )


def write_parquet(
    sources: Sequence[Path],
    target: Path,
    *,
    metric: str,
    filter_name: str,
    doc_hashes: Sequence[str],
    outcomes: Sequence[float] = (),
) -> int:
    """Convert `sources`, gzipped JSON lines, one file a seed; answers the number of rows.

    `doc_hashes` and `outcomes` are those of the score: what the lines say must fit them. Memory is one
    row group and one line. Raises BadAnswers.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(gzip.GzipFile(path, "rb")) for path in sources]
        settings: set[str] = set()
        readers = [_noting(settings, _of_filter(file, filter_name)) for file in files]
        rows = _rows(readers, metric, doc_hashes, outcomes)
        try:
            return write_rows(rows, target, seeds=len(sources), settings=settings)
        except (EOFError, gzip.BadGzipFile) as error:
            raise BadAnswers("The answers are not a whole gzip file.") from error


def write_rows(
    rows: Iterable[dict[str, Any]], target: Path, *, seeds: int, settings: Set[str] = frozenset()
) -> int:
    """Rows of `schema` into one file; equal rows give equal bytes.

    `settings` is read when all rows are: arguments of generation, each as JSON with sorted keys, which
    a rescoring holds against those of its task.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    form = schema()
    count = 0
    with pq.ParquetWriter(
        target,
        form,
        compression="zstd",
        compression_level=3,
        use_dictionary=["task", "filter", "seed", "outcome", "form", "requests"],
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        for group in _groups(rows):
            count += len(group)
            writer.write_table(pa.Table.from_pylist(group, schema=form))
        told = {"generation": json.dumps(sorted(settings))} if settings else {}
        writer.add_key_value_metadata({"format": "1", "seeds": str(seeds), **told})
    return count


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row["prompt"]) + len(row["doc"]) + sum(map(len, row["answers"]))
        if len(group) == GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _rows(
    readers: Sequence[Iterator[Line]],
    metric: str,
    doc_hashes: Sequence[str],
    outcomes: Sequence[float],
) -> Iterator[dict[str, Any]]:
    """Document by document, its seeds beside one another."""
    for index, doc_hash in enumerate(doc_hashes):
        for reader in readers:
            line = next(reader, None)
            if line is None or line.get("doc_hash") != doc_hash:
                raise BadAnswers(f"The answers are not those of document {index}.")
            known = outcomes[index] if outcomes else None
            # Under several seeds the score keeps the mean; each row has its own.
            own = _number(line.get(metric)) if len(readers) > 1 else None
            yield _row(line, known if own is None else own)
    if any(next(reader, None) is not None for reader in readers):
        raise BadAnswers("There are answers to more documents than the score has.")


def _of_filter(file: gzip.GzipFile, name: str) -> Iterator[Line]:
    """Lines of one filter; the harness writes one for each filter of a task."""
    skipped = 0
    while text := file.readline(LONGEST_LINE + 1):
        if len(text) > LONGEST_LINE:
            raise BadAnswers("A line of the answers is too long.")
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            raise BadAnswers("A line of the answers is not JSON.") from None
        if not isinstance(line, dict):
            raise BadAnswers("A line of the answers is not an object.")
        if line.get("filter", "none") == name:
            yield line
            continue
        skipped += 1
        if skipped > MOST_SKIPPED:
            raise BadAnswers("The answers do not end.")


def _noting(settings: set[str], lines: Iterator[Line]) -> Iterator[Line]:
    """Lines as they come; arguments of generation are noted, as long as they are few."""
    for line in lines:
        for part in _arguments(line.get("arguments")):
            if len(part) > 1 and isinstance(part[1], dict) and len(settings) < MOST_SETTINGS:
                settings.add(json.dumps(part[1], sort_keys=True)[:LONGEST_SETTING])
        yield line


def _row(line: Line, outcome: float | None) -> dict[str, Any]:
    texts = _Texts()
    asked = [texts.of_all(part) for part in _arguments(line.get("arguments"))]
    contexts = [part[0] if part else "" for part in asked]
    resps = [part if isinstance(part, list) else [part] for part in _list(line.get("resps"))]
    answers = [item for part in resps for item in part]
    written = all(isinstance(item, str) for item in answers)
    alike = len(set(contexts)) <= 1
    doc = json.dumps(line.get("doc"), ensure_ascii=True)
    if len(doc) > LONGEST_DOC:
        doc, texts.whole = "", False
    return {
        "doc_id": _whole_number(line.get("doc_id")),
        "doc_hash": texts.of(line.get("doc_hash", ""))[:64],
        "task": texts.of(line.get("task", ""))[:200],
        "filter": texts.of(line.get("filter", "none"))[:60],
        "seed": _whole_number(line.get("seed")),
        "outcome": outcome,
        "prompt": contexts[0] if contexts else "",
        "target": texts.of(line.get("target", "")),
        "form": "text" if written else "json",
        "requests": max(len(resps), 1),
        # What was to be continued is told once where it is the same for all continuations.
        "asked": []
        if written
        else [part[1] if alike else "".join(part[:2]) for part in asked if len(part) > 1],
        "answers": texts.of_all(answers),
        "filtered": texts.of_all(_flat(line.get("filtered_resps"))),
        "doc": doc,
        "whole": texts.whole,
    }


class _Texts:
    """Makes text that Parquet and pages can hold, and remembers whether that changed any."""

    def __init__(self) -> None:
        self.whole = True

    def of(self, value: object) -> str:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > LONGEST_TEXT:
            self.whole = False
            text = text[:LONGEST_TEXT] + CUT.format(len(text))
        try:
            text.encode()
        except UnicodeEncodeError:
            # Halves of surrogate pairs, which JSON can write and no file can hold.
            self.whole = False
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def of_all(self, values: Sequence[object]) -> list[str]:
        if len(values) > MOST_ITEMS:
            self.whole = False
        return [self.of(value) for value in islice(values, MOST_ITEMS)]


def _arguments(value: object) -> list[list[object]]:
    """Lists of arguments, one a request; the command line of lm_eval writes objects instead."""
    if isinstance(value, dict):
        value = [list(part.values()) if isinstance(part, dict) else part for part in value.values()]
    return [part if isinstance(part, list) else [part] for part in _list(value)]


def _flat(value: object) -> list[object]:
    """Filtered answers: of each request one, or as many as were drawn."""
    flat: list[object] = []
    for part in _list(value):
        drawn = isinstance(part, list) and all(isinstance(item, str) for item in part)
        flat += part if drawn and isinstance(part, list) else [part]
    return flat


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float | None:
    fits = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if fits and isinstance(value, int | float) else None


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and abs(value) < 1 << 62 else None
