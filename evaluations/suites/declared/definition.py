"""What a declared benchmark may say, and all that is wrong with one that says otherwise. Stdlib only."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evaluations.suites.declared.template import BadTemplate, Template, parse

FORMS = {
    "choice": "multiple choice",
    "answer": "a written answer",
    "text": "text that is to be predicted",
}
GOLD_FORMS = {
    "index": "a position, from 0",
    "number": "a position, from 1",
    "letter": "a letter, from A",
    "text": "the right choice itself",
}
SCORINGS = {
    "exact": "the whole answer equals the expected one",
    "regex": "what a pattern finds in the answer equals the expected one",
    "number": "the last number in the answer equals the expected one",
    "math": "what stands in the last \\boxed{} equals the expected one, as mathematics",
}
MOST_SHOTS = 32
MOST_TOKENS = 4096
MOST_CHOICES = 26
MOST_STOPS = 4
LONGEST_STOP = 40
LONGEST_PATTERN = 500


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric fixes direction, unit and bounds: nobody can state them wrongly."""

    label: str
    form: str
    unit: str = "proportion"
    higher_is_better: bool = True
    lower: float = 0.0
    upper: float | None = 1.0


METRICS = {
    "acc": Metric("accuracy: the likeliest choice is right", "choice"),
    "acc_norm": Metric("accuracy, likelihoods divided by the length of the choice", "choice"),
    "exact_match": Metric("share of right answers", "answer"),
    "bits_per_byte": Metric("bits per byte", "text", "bits per byte", False, 0.0, None),
    "byte_perplexity": Metric("perplexity per byte", "text", "perplexity", False, 1.0, None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One declared benchmark without its data.

    `choices` is the name of a list field, or one template a choice, each in a line of its own. `gold` is
    the name of a field, in the way that `gold_form` says. `target` is the template of the expected
    answer; of a text to predict, `prompt` is the template and nothing else counts. `chance` and
    `best` are in the unit of the metric.
    """

    form: str
    prompt: str
    metric: str
    choices: str = ""
    gold: str = ""
    gold_form: str = "index"
    target: str = ""
    scoring: str = "exact"
    pattern: str = ""
    ignore_case: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int = 64
    n_shot: int = 0
    # The field that says which rows belong together (questions on one passage).
    cluster_by: str = ""
    chance: float | None = None
    best: float | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Definition:
        """From JSON that `as_json` made."""
        known = {name: values[name] for name in cls.__slots__ if name in values}
        return cls(**(known | {"stop": tuple(values.get("stop", ()))}))

    def as_json(self) -> dict[str, Any]:
        values = asdict(self) | {"stop": list(self.stop)}
        # Digests of definitions from before there were clusters stay what they are.
        return values if self.cluster_by else {k: v for k, v in values.items() if k != "cluster_by"}

    @property
    def choice_templates(self) -> list[Template]:
        """Empty where the choices are a list field of the row."""
        lines = [line.strip() for line in self.choices.splitlines() if line.strip()]
        return [parse(line) for line in lines] if len(lines) > 1 or "{{" in self.choices else []


def problems_of(definition: Definition) -> dict[str, list[str]]:
    """Every contradiction, beside the field that it is about; empty for a sound definition."""
    found: dict[str, list[str]] = {}

    def wrong(name: str, message: str) -> None:
        found.setdefault(name, []).append(message)

    _check_words(definition, wrong)
    _check_templates(definition, wrong)
    _check_numbers(definition, wrong)
    if definition.form == "choice":
        _check_choice(definition, wrong)
    if definition.form == "answer":
        _check_answer(definition, wrong)
    return found


def _check_words(definition: Definition, wrong: Any) -> None:
    if definition.form not in FORMS:
        wrong("form", f"Choose one of {', '.join(FORMS)}.")
    metric = METRICS.get(definition.metric)
    fitting = [name for name, each in METRICS.items() if each.form == definition.form]
    if metric is None or definition.metric not in fitting:
        wrong("metric", f"For this form choose one of {', '.join(fitting) or ', '.join(METRICS)}.")
    if definition.form == "text" and definition.n_shot:
        wrong("n_shot", "Text that is to be predicted is shown without examples.")


def _check_templates(definition: Definition, wrong: Any) -> None:
    for name in ("prompt", "target"):
        try:
            template = parse(getattr(definition, name))
        except BadTemplate as error:
            wrong(name, str(error))
            continue
        needed = name == "prompt" or definition.form == "answer"
        if needed and not template.placeholders:
            wrong(name, "It names no field of the data, so every row would be the same.")


def _check_numbers(definition: Definition, wrong: Any) -> None:
    if not 0 <= definition.n_shot <= MOST_SHOTS:
        wrong("n_shot", f"Between 0 and {MOST_SHOTS} examples are possible.")
    if not 1 <= definition.max_tokens <= MOST_TOKENS:
        wrong("max_tokens", f"Between 1 and {MOST_TOKENS} tokens are possible.")
    metric = METRICS.get(definition.metric)
    if metric is None:
        return
    top = math.inf if metric.upper is None else metric.upper
    for name in ("chance", "best"):
        value = getattr(definition, name)
        if value is not None and not metric.lower <= value <= top:
            wrong(name, f"It lies outside what {definition.metric} can be.")
    chance, best = definition.chance, definition.best
    if chance is not None and best is not None:
        better = best > chance if metric.higher_is_better else best < chance
        if not better:
            wrong("best", "The best possible score is not better than chance.")
    if definition.form == "choice" and chance is None:
        wrong("chance", "State what guessing scores: one divided by the number of choices.")


def _check_choice(definition: Definition, wrong: Any) -> None:
    if not definition.choices.strip():
        wrong("choices", "Name the list field that has the choices, or write one choice a line.")
    if not definition.gold:
        wrong("gold", "Name the field that says which choice is right.")
    if definition.gold_form not in GOLD_FORMS:
        wrong("gold_form", f"Choose one of {', '.join(GOLD_FORMS)}.")
    try:
        if len(definition.choice_templates) > MOST_CHOICES:
            wrong("choices", f"At most {MOST_CHOICES} choices are possible.")
    except BadTemplate as error:
        wrong("choices", str(error))


def _check_answer(definition: Definition, wrong: Any) -> None:
    if definition.scoring not in SCORINGS:
        wrong("scoring", f"Choose one of {', '.join(SCORINGS)}.")
    if len(definition.stop) > MOST_STOPS:
        wrong("stop", f"At most {MOST_STOPS} are possible.")
    if any(not stop or len(stop) > LONGEST_STOP for stop in definition.stop):
        wrong("stop", f"Each has between 1 and {LONGEST_STOP} characters.")
    if definition.scoring != "regex":
        return
    if not definition.pattern:
        wrong("pattern", "Write the pattern that finds the answer.")
    elif len(definition.pattern) > LONGEST_PATTERN:
        wrong("pattern", f"Use at most {LONGEST_PATTERN} characters.")
    else:
        try:
            re.compile(definition.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            wrong("pattern", f"It is no regular expression: {error}.")
