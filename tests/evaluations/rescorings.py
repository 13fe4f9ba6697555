"""Contributed sums, what variants answered to them, and newer scorers that judge that again."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from evaluations.actions.publish_benchmark import BenchmarkFacts, publish_benchmark
from evaluations.actions.request_rescoring import request_rescoring
from evaluations.actions.rescore import claim_rescoring, rescore
from evaluations.models import BenchmarkVersion, Recipe, Rescoring, Score
from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.rows import write_rows
from hub import store
from hub.models import Checkpoint, User
from tests.evaluations.answering import answered_score, line_of
from tests.factories import (
    make_benchmark_version,
    make_checkpoint,
    make_recipe,
    make_variant,
)

QUESTIONS = [f"How much is {number} and 1,000?" for number in range(6)]
SETTINGS = {"until": ["\n"], "max_gen_toks": 6, "do_sample": False}
TARGETS = [str(1000 + number) for number in range(6)]


def sums(**changes: Any) -> Definition:
    """Answers of which the first scorer wants every letter to fit."""
    values: dict[str, Any] = {
        "form": "answer",
        "prompt": "Question: {{question}}\nAnswer:",
        "target": "{{answer}}",
        "metric": "exact_match",
        "scoring": "exact",
        "stop": ("\n",),
        "max_tokens": 6,
        "chance": 0.0,
    }
    return Definition(**(values | changes))


def publish(definition: Definition | None = None, **changes: Any) -> BenchmarkVersion:
    rows = [
        {"question": question, "answer": target}
        for question, target in zip(QUESTIONS, changes.pop("targets", TARGETS), strict=True)
    ]
    content = write_rows(rows)
    values: dict[str, Any] = {
        "slug": "sums",
        "name": "Sums",
        "description": "Sums beyond a thousand.",
        "definition": definition or sums(),
        "data_sha256": store.default().add_bytes(content),
        "data_bytes": len(content),
        "rows": len(rows),
        "licence": "cc0-1.0",
    }
    return publish_benchmark(BenchmarkFacts(**(values | changes)))


def recipe_of(version: BenchmarkVersion) -> Recipe:
    recipe: Recipe = version.recipes.get()
    return recipe


def answered(recipe: Recipe, name: str, answers: Sequence[str]) -> Score:
    """What the variant `name` answered, judged by every letter."""
    outcomes = [
        float(said.strip() == target) for said, target in zip(answers, TARGETS, strict=True)
    ]
    lines = [
        line_of(
            number,
            [said],
            outcome,
            metric="exact_match",
            arguments=[[f"Question: {QUESTIONS[number]}\nAnswer:", SETTINGS]],
            task=recipe.benchmark_version.task,
        )
        for number, (said, outcome) in enumerate(zip(answers, outcomes, strict=True))
    ]
    checkpoint: Checkpoint = make_checkpoint(make_variant(f"headwaters/{name}"))
    return answered_score(answers, outcomes, checkpoint=checkpoint, recipe=recipe, lines=lines)


def three_answers(recipe: Recipe) -> dict[str, Score]:
    """One writes numbers plainly, one with commas, one knows two of six."""
    with_commas = [f" {int(target):,}" for target in TARGETS]
    return {
        "plain": answered(recipe, "plain", [*(f" {each}" for each in TARGETS[:4]), " 7", " 8"]),
        "commas": answered(recipe, "commas", with_commas),
        "short": answered(recipe, "short", [*(f" {each}" for each in TARGETS[:2]), *[" no"] * 4]),
    }


def judged_again(actor: User, recipe: Recipe) -> Rescoring:
    """Asked for, and done here and now."""
    asked = request_rescoring(actor=actor, recipe=recipe, why="Commas are not wrong.")
    return worked_off(asked)


def worked_off(asked: Rescoring) -> Rescoring:
    claimed = claim_rescoring(worker="here")
    assert claimed is not None
    assert claimed.pk == asked.pk
    rescore(claimed)
    return Rescoring.objects.get(pk=asked.pk)


def told(actor: User, old: Recipe, score: Score, **fields: Any) -> Rescoring:
    """One that ended long ago, with all that a report can hold; nothing was judged."""
    new = make_recipe(make_benchmark_version(), rescores=old)
    who = {"score": score.pk, "variant": str(score.checkpoint.variant), "commit": "0" * 12}
    gap = {"delta": -0.25, "low": -0.4, "high": -0.1, "sure": True, "higher": 1, "lower": 3}
    board = {"slug": "sums", "title": "Sums", "before": 1, "after": 2, "count": 2, "of": 3}
    values: dict[str, Any] = {
        "state": "done",
        "why": "Commas are not wrong.\nSee the thread.",
        "done": 4,
        "total": 4,
        "finished_at": timezone.now(),
        "report": {
            "refused": [{**who, "why": "Its answers were not kept."}],
            "anew": [{**who, "why": "Run 1 measures it under the new recipe."}],
            "scores": {"n": 2, "up": 0, "down": 1, "same": 1},
            "moved": [{**who, "was": score.pk, "value": [0.5, 0.25], "n": 8, **gap}],
            "boards": [
                {
                    **board,
                    "left_out": 1,
                    "moved": [
                        {"variant": who["variant"], "rank": [1, 2], "average": [50.0, 25.0]},
                        {"variant": who["variant"], "rank": [2, None], "average": [40.0, None]},
                    ],
                }
            ],
        },
    }
    return Rescoring.objects.create(
        from_recipe=old, to_recipe=new, requested_by=actor, **(values | fields)
    )
