"""Whether uploaded files agree with themselves: what they state is computed again from their samples."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from evaluations.uploads.files import Answers, Result, Results, Samples

Level = Literal["error", "warning", "note"]

# Outcomes of these are pairs [log-likelihood, weight].
WEIGHTED: Final[Mapping[str, Callable[[float], float]]] = {
    "bits_per_byte": lambda nats: -nats / math.log(2),
    "byte_perplexity": lambda nats: math.exp(-nats),
    "word_perplexity": lambda nats: math.exp(-nats),
}
# How far a stated value may lie from its own samples, and a standard error from theirs (bootstraps vary).
TOLERANCE: Final = 1e-6
LOOSE: Final = 0.15
DAY: Final = 86_400


@dataclass(frozen=True)
class Finding:
    """`error` refuses the upload, `warning` stays beside it, `note` explains. `task` may be empty."""

    level: Level
    code: str
    message: str
    task: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def check(
    results: Results, samples: Mapping[str, Samples], *, commits: Sequence[str]
) -> list[Finding]:
    """Everything that can be said of the files without knowing what anybody else measured.

    `commits` are those whose bytes are the checkpoint's.
    """
    return [
        *_about_the_run(results, commits),
        *(finding for task in samples.values() for finding in _about_samples(task, results)),
        *(finding for result in results.results for finding in _about_result(result, samples)),
    ]


def _about_the_run(results: Results, commits: Sequence[str]) -> Iterator[Finding]:
    facts = results.facts
    if results.limit is not None:
        message = f"This run was limited to {results.limit:g} documents; only whole tasks count."
        yield Finding("error", "limited", message)
    stated = facts.get("model_sha")
    if not stated:
        yield Finding(
            "warning",
            "weights_unproven",
            "The file names no commit of the model: that these weights were measured is only said.",
        )
    elif stated not in commits:
        message = f"The file says that commit {str(stated)[:12]} was measured, not this one."
        yield Finding("error", "other_commit", message)
    if facts.get("date", 0) > time.time() + DAY:
        yield Finding("error", "in_the_future", "The file says that it was made in the future.")


def _about_samples(samples: Samples, results: Results) -> Iterator[Finding]:
    task = samples.task
    if task not in results.tasks:
        message = f"There are samples of {task}, but no result."
        yield Finding("error", "samples_without_result", message, task)
        return
    for name, answers in samples.answers.items():
        if len(set(map(str, answers.doc_ids))) != len(answers.doc_ids):
            message = f"{task}: a document occurs twice under the filter {name}."
            yield Finding("error", "document_twice", message, task)
    if altered := max(answers.altered for answers in samples.answers.values()):
        # Documents that lm_eval itself could not write as JSON hash differently.
        message = f"{task}: {altered} documents do not have the hash that stands beside them."
        yield Finding("warning", "altered_documents", message, task)
    hashes = results.task_hashes.get(task)
    if not hashes:
        yield Finding("note", "no_task_hash", f"{task}: the results name no hash of prompts.", task)


def _about_result(result: Result, samples: Mapping[str, Samples]) -> Iterator[Finding]:
    named = f"{result.task}: {result.metric} ({result.filter})"
    answers = answers_to(result, samples)
    if answers is None:
        if result.task not in samples:
            message = f"{result.task} comes without samples: the number stands by itself."
            yield Finding("warning", "no_samples", message, result.task)
        return
    count = len(answers.doc_hashes)
    if result.n is not None and count != result.n:
        message = f"{named} is stated over {result.n} documents; there are {count} samples."
        yield Finding("error", "wrong_count", message, result.task)
    if result.n is not None and result.n_total is not None and result.n < result.n_total:
        message = f"{named} covers {result.n} of {result.n_total} documents."
        yield Finding("error", "partial", message, result.task)
    recomputed = summed_up(result, answers)
    if recomputed is None:
        message = f"{named} is no mean of its samples and cannot be computed again from them."
        yield Finding("note", "not_recomputed", message, result.task)
    elif not math.isclose(recomputed, result.value, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        message = f"{named} is stated as {result.value:g}, but its samples give {recomputed:g}."
        yield Finding("error", "belied", message, result.task)
    else:
        yield from _about_error(result, answers, named)


def _about_error(result: Result, answers: Answers, named: str) -> Iterator[Finding]:
    values = numbers(answers.outcomes.get(result.metric, ()))
    if result.stderr is None or values is None or len(values) < 2:
        return
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    own = math.sqrt(spread / len(values))
    if not math.isclose(own, result.stderr, rel_tol=LOOSE, abs_tol=TOLERANCE):
        message = (
            f"{named}: the standard error {result.stderr:g} is not that of its samples ({own:g})."
        )
        yield Finding("warning", "strange_error", message, result.task)


def answers_to(result: Result, samples: Mapping[str, Samples]) -> Answers | None:
    """The samples that a result was made of, where they were sent."""
    task = samples.get(result.task)
    answers = task.answers.get(result.filter) if task else None
    return answers if answers and result.metric in answers.outcomes else None


def summed_up(result: Result, answers: Answers) -> float | None:
    """The value as its samples give it; None where it is no mean of theirs."""
    outcomes = answers.outcomes[result.metric]
    if weighted := WEIGHTED.get(result.metric):
        if not all(isinstance(pair, list) and len(numbers(pair) or ()) == 2 for pair in outcomes):
            return None
        weight = math.fsum(pair[1] for pair in outcomes)
        return weighted(math.fsum(pair[0] for pair in outcomes) / weight) if weight else None
    values = numbers(outcomes)
    if not values or result.aggregation != "mean":
        return None
    return math.fsum(values) / len(values)


def numbers(values: Sequence[Any]) -> list[float] | None:
    """As floats; None where one of them is no finite number."""
    found = [float(value) for value in values if isinstance(value, int | float)]
    return found if len(found) == len(values) and all(map(math.isfinite, found)) else None
