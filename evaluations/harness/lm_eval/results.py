"""From what the child wrote to a Report. Strict: what is not a finite number is refused by name."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluations.harness.errors import CLUSTERED, HARNESS, RATIO, error_of
from evaluations.harness.protocol import HarnessFailure, Job, Measurement, Report, TaskSpec

FORMAT = 1
LARGEST_RESULTS = 1 << 30
# Outcomes of these are [log-likelihood, weight]; bits per byte are in units of log 2.
NATS = {"word_perplexity": 1.0, "byte_perplexity": 1.0, "bits_per_byte": math.log(2)}
# How far a value may lie from the mean of its own outcomes.
TOLERANCE = 1e-6

Entry = Mapping[str, Any]


def read_results(path: Path, job: Job, *, warnings: Sequence[str]) -> Report:
    """The report in results.json; HarnessFailure bad_output, not_finite or out_of_bounds."""
    try:
        if path.stat().st_size > LARGEST_RESULTS:
            raise _bad("The results file is too large to be one.")
        answer = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise _bad("The harness ended without results.") from None
    except (ValueError, RecursionError):
        raise _bad("The results file is not JSON.") from None
    if not isinstance(answer, dict) or answer.get("format") != FORMAT:
        raise _bad("The results file has an unknown format.")
    found: dict[str, list[Entry]] = defaultdict(list)
    entries = answer.get("measurements")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            found[str(entry.get("recipe_digest"))].append(entry)
    samples = path.parent / "samples"
    return Report(
        measurements=tuple(
            _measurement(task, found[task.recipe_digest], samples) for task in job.tasks
        ),
        versions={str(name): str(value) for name, value in _part(answer, "versions").items()},
        hardware=_part(answer, "hardware") | {"max_rss_bytes": answer.get("max_rss_bytes")},
        timings={
            str(name): _number(value, "a timing")
            for name, value in _part(answer, "timings").items()
        },
        warnings=tuple(warnings),
    )


def _measurement(task: TaskSpec, entries: list[Entry], samples: Path) -> Measurement:
    """The runs of one recipe, one for each seed, as one measurement."""
    named = f"{task.metric} ({task.filter}) of {task.task}"
    if len(entries) != len(task.seeds):
        raise _bad(f"{named}: {len(entries)} results for {len(task.seeds)} seeds.")
    first = entries[0]
    if first.get("value") is None:
        raise _bad(f"The harness reports no {named}.")
    value = math.fsum(_number(entry.get("value"), named) for entry in entries) / len(entries)
    _check_bounds(task, value, named)
    hashes = _texts(first.get("doc_hashes"), named)
    if any(_texts(entry.get("doc_hashes"), named) != hashes for entry in entries):
        raise _bad(f"{named}: the seeds saw different documents.")
    outcomes, weights = _all_outcomes(task, entries, named)
    if outcomes and len(outcomes) != len(hashes):
        raise _bad(f"{named}: {len(outcomes)} outcomes for {len(hashes)} documents.")
    _check_mean(task, value, outcomes, weights, named)
    clusters = _clusters(task, first, hashes, named)
    stderr, kind = _stderr(task, entries, value, outcomes, weights, clusters, named)
    higher = first.get("higher_is_better")
    return Measurement(
        recipe_digest=task.recipe_digest,
        task=task.task,
        metric=task.metric,
        filter=task.filter,
        value=value,
        stderr=stderr,
        stderr_kind=kind,
        clusters=clusters,
        also=_also(entries),
        seconds=_seconds(entries, named),
        n=len(hashes),
        n_total=int(_number(first.get("n_total"), named)),
        outcomes=outcomes,
        weights=weights,
        doc_hashes=hashes,
        task_hash=str(first.get("task_hash")),
        task_version=str(first.get("task_version")),
        higher_is_better=higher if isinstance(higher, bool) else task.metric not in NATS,
        samples_path=_inside(samples, first.get("samples")),
        more_samples=tuple(_inside(samples, entry.get("samples")) for entry in entries[1:]),
    )


def _clusters(
    task: TaskSpec, entry: Entry, hashes: tuple[str, ...], named: str
) -> tuple[str, ...] | None:
    """What each document belongs to, as the child read it from the document's field."""
    if not task.cluster_by:
        return None
    clusters = _texts(entry.get("clusters"), named)
    if len(clusters) != len(hashes):
        raise _bad(f"{named}: {len(clusters)} clusters for {len(hashes)} documents.")
    return clusters


def _also(entries: list[Entry]) -> dict[str, float]:
    """Other numbers, averaged over the seeds; those that not every seed has are left out."""
    told = [found if isinstance(found := entry.get("also"), dict) else {} for entry in entries]
    names = [name for name in told[0] if all(name in each for each in told)]
    return {
        name: math.fsum(_number(each[name], name) for each in told) / len(told) for name in names
    }


def _seconds(entries: list[Entry], named: str) -> float | None:
    """Of all seeds together; None where the harness does not tell."""
    if any(entry.get("seconds") is None for entry in entries):
        return None
    return math.fsum(_number(entry["seconds"], f"the time of {named}") for entry in entries)


def _all_outcomes(
    task: TaskSpec, entries: list[Entry], named: str
) -> tuple[tuple[float, ...], tuple[float, ...] | None]:
    """Outcomes averaged over seeds, and weights where the metric is a weighted mean."""
    runs = [_outcomes(task, entry, named) for entry in entries]
    if any(len(run[0]) != len(runs[0][0]) for run in runs):
        raise _bad(f"{named}: the seeds have different numbers of outcomes.")
    means = (
        math.fsum(column) / len(runs) for column in zip(*(run[0] for run in runs), strict=True)
    )
    return tuple(means), runs[0][1]


def _outcomes(
    task: TaskSpec, entry: Entry, named: str
) -> tuple[tuple[float, ...], tuple[float, ...] | None]:
    raw = entry.get("outcomes")
    if not isinstance(raw, list):
        raise _bad(f"{named}: the outcomes are not a list.")
    if unit := NATS.get(task.metric):
        if not all(isinstance(item, list) and len(item) == 2 for item in raw):
            raise _bad(f"{named}: an outcome is not a pair.")
        pairs = [(_number(item[0], named), _number(item[1], named)) for item in raw]
        if any(weight <= 0 for _, weight in pairs):
            raise _bad(f"{named}: a document is empty.")
        values = tuple(-logp / weight / unit for logp, weight in pairs)
        return values, tuple(weight for _, weight in pairs)
    if any(isinstance(item, list | dict) or item is None for item in raw):
        # A corpus metric (F1, BLEU): its parts are not numbers.
        return (), None
    return tuple(_number(item, named) for item in raw), None


def _stderr(
    task: TaskSpec,
    entries: list[Entry],
    value: float,
    outcomes: tuple[float, ...],
    weights: tuple[float, ...] | None,
    clusters: tuple[str, ...] | None,
    named: str,
) -> tuple[float | None, str]:
    """And how it came about. Groups averaged without weights have none but what the harness states."""
    told = entries[0].get("stderr") if len(entries) == 1 else None
    stated = None
    if told not in (None, "N/A"):
        stated = _number(told, f"the standard error of {named}")
    if task.aggregate != "task":
        return stated, HARNESS
    stderr, kind = error_of(outcomes, weights=weights, clusters=clusters, stated=stated)
    # Outcomes of perplexities are in nats, the value is exp of their mean.
    nats = stderr is not None and kind in {CLUSTERED, RATIO} and NATS.get(task.metric) == 1.0
    return (stderr or 0.0) * value if nats else stderr, kind


def _check_bounds(task: TaskSpec, value: float, named: str) -> None:
    low = -math.inf if task.lower is None else task.lower
    high = math.inf if task.upper is None else task.upper
    if not low <= value <= high:
        message = f"{named} is {value:g}, outside its bounds {low:g} to {high:g}."
        raise HarnessFailure("out_of_bounds", message, stage="results")


def _check_mean(
    task: TaskSpec,
    value: float,
    outcomes: tuple[float, ...],
    weights: tuple[float, ...] | None,
    named: str,
) -> None:
    """A weighted mean must be the mean of the outcomes stored with it, or one of them is wrong.

    Plain metrics are exempt: an aggregation need not be a mean.
    """
    if weights is None or NATS[task.metric] == 1.0 or len(task.seeds) > 1:
        return
    mean = math.fsum(w * x for w, x in zip(weights, outcomes, strict=True)) / math.fsum(weights)
    if not math.isclose(mean, value, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        raise _bad(f"{named} is {value:g}, but its outcomes give {mean:g}.")


def _number(value: object, named: str) -> float:
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, int | float):
        raise _bad(f"{named} is {str(value)[:40]!r}, not a number.")
    if not math.isfinite(value):
        message = f"{named} is {value}: the model's output is not finite."
        raise HarnessFailure("not_finite", message, stage="results")
    return float(value)


def _texts(value: object, named: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _bad(f"{named}: what names its documents is not text.")
    return tuple(value)


def _part(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name)
    if not isinstance(part, dict):
        raise _bad(f"The results file has no {name}.")
    return part


def _inside(folder: Path, name: object) -> Path:
    path = folder / str(name)
    if path.parent != folder or not path.is_file():
        raise _bad("The results file names samples that are not there.")
    return path


def _bad(message: str) -> HarnessFailure:
    return HarnessFailure("bad_output", message, stage="results")
