"""Uploaded numbers beside what this hub measured of the same bytes: the same protocol, and how far off."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from evaluations import agreement
from evaluations.models import Recipe, Score
from evaluations.uploads.consistency import Finding, answers_to, numbers
from evaluations.uploads.files import Result, Results, Samples
from hub.models import Checkpoint

# A gap of more standard errors than this is called out.
FAR: Final = 3.0
# Fewer equal answers may be chance, though they were sampled.
SUSPICIOUS: Final = 50


@dataclass(frozen=True)
class Pair:
    """An uploaded number and the score of the same task, metric and filter.

    `differs` names what of the protocol is not the same; only without any is it a replication. `apart` is
    the gap in standard errors of the difference, None where one of them has none.
    """

    result: Result
    score: Score
    differs: tuple[str, ...]
    known: agreement.Measured
    again: agreement.Measured

    @property
    def apart(self) -> float | None:
        errors = (self.known.stderr, self.again.stderr)
        if None in errors or not any(errors):
            return None
        return abs(self.again.value - self.known.value) / math.hypot(
            *map(float, filter(None, errors))
        )


def pairs_of(
    checkpoint: Checkpoint, results: Results, samples: Mapping[str, Samples]
) -> list[Pair]:
    """Every uploaded number that this hub measured on the same bytes. Two queries."""
    scores = (
        Score.objects.filter(
            checkpoint_digest=checkpoint.digest,
            rescore_of=None,
            recipe__limit=None,
            recipe__benchmark_version__task__in=results.tasks,
        )
        .select_related("recipe__benchmark_version__benchmark", "samples", "run")
        .order_by("pk")
    )
    return [
        _pair(result, score, results, samples)
        for score in scores
        for result in results.results
        if _same_question(result, score)
    ]


def _same_question(result: Result, score: Score) -> bool:
    version = score.recipe.benchmark_version
    asked = (version.task, version.metric, version.filter)
    return (result.task, result.metric, result.filter) == asked


def _pair(result: Result, score: Score, results: Results, samples: Mapping[str, Samples]) -> Pair:
    kept = getattr(score, "samples", None)
    known = agreement.Measured(
        score.value, score.stderr, kept.outcomes if kept else (), kept.doc_hashes if kept else ()
    )
    answers = answers_to(result, samples)
    outcomes = numbers(answers.outcomes[result.metric]) if answers else None
    hashes = answers.doc_hashes if answers and outcomes is not None else ()
    again = agreement.Measured(result.value, result.stderr, outcomes or (), hashes)
    differs = tuple(_differences(result, score, results))
    documents = answers.doc_hashes if answers else []
    if documents and known.documents and sorted(documents) != sorted(known.documents):
        differs = (*differs, "documents")
    return Pair(result, score, differs, known, again)


def _differences(result: Result, score: Score, results: Results) -> Iterator[str]:
    recipe = score.recipe
    if result.n_shot is not None and result.n_shot != recipe.n_shot:
        yield f"{result.n_shot} examples instead of {recipe.n_shot}"
    if ("chat_template" in results.facts) != recipe.apply_chat_template:
        yield "chat template"
    if ("system_prompt" in results.facts) != bool(recipe.system_prompt):
        yield "system prompt"
    if result.repeats is not None and result.repeats != recipe.repeats:
        yield f"{result.repeats} answers a question instead of {recipe.repeats}"
    for name, value in sorted(recipe.generation.items()):
        if name in result.generation and result.generation[name] != value:
            yield f"{name} {result.generation[name]} instead of {value}"
    theirs = results.task_hashes.get(result.task)
    if theirs and score.task_hash and theirs != score.task_hash:
        yield "prompts"


def findings_of(pairs: Iterable[Pair], results: Results) -> Iterator[Finding]:
    """What stands out beside what was measured here."""
    for pair in pairs:
        version = pair.score.recipe.benchmark_version
        task, named = pair.result.task, f"{version.benchmark.name} ({version.metric})"
        if pair.differs:
            message = f"{named} was measured under another protocol: {', '.join(pair.differs)}."
            yield Finding("note", "other_protocol", message, task)
            continue
        if pair.apart is not None and pair.apart > FAR:
            message = (
                f"{named} lies {pair.apart:.1f} standard errors from what the hub measured "
                f"({pair.again.value:g} and {pair.known.value:g})."
            )
            yield Finding("warning", "outlier", message, task)
        if _is_sampled(pair.score.recipe) and _all_the_same(pair):
            message = f"{named}: sampled answers came out exactly as the hub's, one by one."
            yield Finding("warning", "too_alike", message, task)
        yield from _other_tools(pair, results)


def _other_tools(pair: Pair, results: Results) -> Iterator[Finding]:
    recipe, facts = pair.score.recipe, results.facts
    ours = {
        "lm_eval": recipe.harness_version,
        "dtype": f"torch.{recipe.dtype}",
        "batch_size": str(recipe.batch_size),
    }
    others = [
        f"{name} {facts[name]} (here {value.removeprefix('torch.')})"
        for name, value in ours.items()
        if name in facts and str(facts[name]) not in (value, value.removeprefix("torch."))
    ]
    if others:
        message = f"Made with {', '.join(others)}: small differences are to be expected."
        yield Finding("note", "other_tools", message, pair.result.task)


def _is_sampled(recipe: Recipe) -> bool:
    return bool(recipe.generation.get("do_sample") or recipe.generation.get("temperature"))


def _all_the_same(pair: Pair) -> bool:
    count = len(pair.again.documents)
    return count >= SUSPICIOUS and agreement.changed(pair.known, pair.again) == 0
