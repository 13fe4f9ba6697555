"""lm-evaluation-harness's result and sample files (its `--output_path` and `--log_samples`), parsed.

Results: one JSON object. Samples: JSON lines, one for each document and filter, gzipped or not.
"""

import gzip
import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

MEBIBYTE: Final = 1 << 20
LARGEST_RESULTS: Final = 64 * MEBIBYTE
# Of the samples of one task, unpacked.
LARGEST_SAMPLES: Final = 1024 * MEBIBYTE
LONGEST_LINE: Final = 16 * MEBIBYTE
MOST_RESULTS: Final = 2000
# Keys of a task's results that are no metrics.
NO_METRICS: Final = frozenset(
    {"alias", "name", "samples", "sample_len", "sample_count", "higher_is_better", " "}
)
SAMPLES_NAME: Final = re.compile(
    r"samples_(?P<task>.+?)_\d{4}-\d\d-\d\dT[\d.-]+\.jsonl(?:\.gz)?\Z|"
    r"samples_(?P<plain>[^/]+?)\.jsonl(?:\.gz)?\Z"
)


class Unreadable(ValueError):
    """A file that is not what it is said to be; the message is for the person who sent it."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One number as the file states it. `n` counts documents answered, `n_total` those of the task."""

    task: str
    metric: str
    filter: str
    value: float
    stderr: float | None
    n: int | None
    n_total: int | None
    n_shot: int | None
    version: str
    # How the harness sums up the outcomes ("mean", …); empty where the file does not say.
    aggregation: str
    generation: Mapping[str, Any]
    repeats: int | None


@dataclass(frozen=True, kw_only=True)
class Results:
    """A results file. `facts` is what it says of the run, JSON-ready; `limit` is None for whole tasks."""

    results: tuple[Result, ...]
    facts: dict[str, Any]
    limit: float | None
    task_hashes: Mapping[str, str]

    @property
    def tasks(self) -> set[str]:
        return {result.task for result in self.results}


@dataclass
class Answers:
    """What one filter made of each document, in the order of the lines."""

    doc_ids: list[Any] = field(default_factory=list)
    doc_hashes: list[str] = field(default_factory=list)
    # {metric: outcome of each document}, as written: numbers, pairs, or what is neither.
    outcomes: dict[str, list[Any]] = field(default_factory=dict)
    # How many lines state another hash than that of the document beside it.
    altered: int = 0


@dataclass(frozen=True)
class Samples:
    task: str
    answers: Mapping[str, Answers]


def read_results(data: bytes) -> Results:
    """Raises Unreadable: too large, no JSON, no results of lm_eval, numbers that are none."""
    if len(data) > LARGEST_RESULTS:
        raise Unreadable(f"A results file has at most {LARGEST_RESULTS // MEBIBYTE} MiB.")
    document = _json(data, "The results file")
    if not isinstance(document, dict) or not isinstance(document.get("results"), dict):
        raise Unreadable("This is no results file of lm_eval: it has no “results”.")
    config = _mapping(document.get("config"))
    found = tuple(_results_of(document))
    if not found:
        raise Unreadable("The results file holds no number.")
    if len(found) > MOST_RESULTS:
        raise Unreadable(f"The results file holds more than {MOST_RESULTS} numbers.")
    return Results(
        results=found,
        facts=_facts(document, config),
        limit=_number(config.get("limit")),
        task_hashes={str(k): str(v) for k, v in _mapping(document.get("task_hashes")).items()},
    )


def task_of(name: str) -> str:
    """The task that a samples file is about, by its name; Unreadable where it names none."""
    found = SAMPLES_NAME.search(name)
    if found is None:
        raise Unreadable(f"{name[:80]} is not called samples_<task>_<time>.jsonl.")
    return found["task"] or found["plain"]


def read_samples(task: str, file: BinaryIO) -> Samples:
    """The outcomes of every line; texts are passed over. Memory: some bytes a document."""
    by_filter: dict[str, Answers] = {}
    for line in _lines(file):
        sample = _json(line, f"A line of the samples of {task}")
        if not isinstance(sample, dict) or not isinstance(sample.get("doc_hash"), str):
            raise Unreadable(f"A line of the samples of {task} is no sample of lm_eval.")
        answers = by_filter.setdefault(str(sample.get("filter", "none")), Answers())
        answers.doc_ids.append(sample.get("doc_id"))
        answers.doc_hashes.append(sample["doc_hash"])
        answers.altered += not _is_hash_of(sample["doc_hash"], sample.get("doc"))
        for metric in _names(sample.get("metrics")):
            answers.outcomes.setdefault(metric, []).append(sample.get(metric))
    if not by_filter:
        raise Unreadable(f"The samples of {task} are empty.")
    return Samples(task, by_filter)


def unpacked(file: BinaryIO) -> BinaryIO:
    """`file` itself, or what it holds where it is gzipped."""
    magic = file.read(2)
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if magic == b"\x1f\x8b" else file  # type: ignore[return-value]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    read = 0
    source = unpacked(file)
    try:
        while line := source.readline(LONGEST_LINE):
            read += len(line)
            if read > LARGEST_SAMPLES or len(line) == LONGEST_LINE:
                size = LARGEST_SAMPLES // MEBIBYTE
                raise Unreadable(f"Samples of one task have at most {size} MiB, a line 16 MiB.")
            if line.strip():
                yield line
    except (EOFError, OSError, zlib.error) as error:
        raise Unreadable("The gzipped samples are cut off or damaged.") from error


def _results_of(document: Mapping[str, Any]) -> Iterator[Result]:
    """Leaf tasks only: a group repeats what its tasks say."""
    groups = {*_mapping(document.get("groups")), *_mapping(document.get("group_subtasks"))}
    leaves = {task for task, row in _mapping(document.get("configs")).items() if row}
    for task, row in document["results"].items():
        if not isinstance(row, dict) or (task in groups and task not in leaves):
            continue
        config = _mapping(_mapping(document.get("configs")).get(task))
        counts = _mapping(_mapping(document.get("n-samples")).get(task))
        for key, value in row.items():
            metric, comma, filtered = str(key).partition(",")
            if not comma or metric in NO_METRICS or metric.endswith("_stderr"):
                continue
            yield Result(
                task=str(task)[:120],
                metric=metric[:60],
                filter=filtered[:60],
                value=_finite(value, f"{metric} of {task}"),
                stderr=_number(row.get(f"{metric}_stderr,{filtered}")),
                n=_whole(counts.get("effective")),
                n_total=_whole(counts.get("original")),
                n_shot=_whole(_mapping(document.get("n-shot")).get(task)),
                version=str(_mapping(document.get("versions")).get(task, ""))[:40],
                aggregation=_aggregation(config, metric),
                generation=_mapping(config.get("generation_kwargs")),
                repeats=_whole(config.get("repeats")),
            )


def _aggregation(config: Mapping[str, Any], metric: str) -> str:
    rows = config.get("metric_list")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("metric") == metric:
            return str(row.get("aggregation", ""))[:40]
    return ""


def _facts(document: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Short texts and numbers of the run; what is absent or strange is left out."""
    stated = {
        "model": document.get("model_name") or config.get("model_args"),
        "model_sha": config.get("model_sha"),
        "model_revision": config.get("model_revision"),
        "backend": config.get("model"),
        "dtype": config.get("model_dtype"),
        "batch_size": config.get("batch_size"),
        "device": config.get("device"),
        "seed": config.get("random_seed"),
        "lm_eval": document.get("lm_eval_version"),
        "transformers": document.get("transformers_version"),
        "date": _number(document.get("date")),
        "chat_template": document.get("chat_template_sha") or "",
        "system_prompt": document.get("system_instruction_sha") or "",
    }
    kept = {name: value for name, value in stated.items() if isinstance(value, str | int | float)}
    return {k: v[:200] if isinstance(v, str) else v for k, v in kept.items() if v != ""}


def _is_hash_of(stated: str, document: Any) -> bool:
    """lm_eval's own hash: SHA-256 of the document as indented JSON."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return stated == _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _json(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable(f"{what} is not JSON.") from None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: object) -> Sequence[str]:
    return [str(name) for name in value] if isinstance(value, list) else ()


def _number(value: object) -> float | None:
    """None for what is absent, "N/A" or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _finite(value: object, what: str) -> float:
    number = _number(value)
    if number is None:
        raise Unreadable(f"{what} is {str(value)[:40]}, not a finite number.")
    return number


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
