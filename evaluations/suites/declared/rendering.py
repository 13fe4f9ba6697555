"""Every row as what a model is shown and what it is judged by. Stdlib only; run it in sandbox.py."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.rows import Row
from evaluations.suites.declared.scoring import equal, last_number
from evaluations.suites.declared.template import (
    LETTERS,
    LONGEST_TEXT,
    BadValue,
    Template,
    as_text,
    look_up,
    parse,
    texts_of,
)

MOST_PROBLEMS = 50
PREVIEWS = 10
# How far a stated chance level may lie from one divided by the number of choices.
CHANCE_TOLERANCE = 0.005
# What stands between a prompt and its answer, and between two examples; the harness's own defaults.
BEFORE_ANSWER, BETWEEN_EXAMPLES = " ", "\n\n"
# A guesser who always gives the commonest answer may score this much above chance before we say so.
BALANCE = 0.10
# Where an item has what it shares with others.
CLUSTER = "cluster"

Item = dict[str, Any]


@dataclass
class Rendered:
    """Items (what the harness reads, one a row), and what is to be said of them.

    `problems` are {"row": number from 1 (0 for none), "part": "data" | "fewshot" | a field of the
    definition, "message"}; a benchmark with problems is not run. `notes` only tell.
    """

    items: list[Item] = field(default_factory=list)
    examples: list[Item] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def wrong(self, part: str, row: int, message: str) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append({"part": part, "row": row, "message": message})


def render(definition: Definition, rows: list[Row], examples: list[Row]) -> Rendered:
    """Renders and checks every row; nothing is raised for what a person can get wrong."""
    made = Rendered()
    builder = _Builder(definition)
    made.items = _items(builder, rows, "data", made)
    made.examples = _items(builder, examples, "fewshot", made)
    if len(examples) < definition.n_shot:
        message = (
            f"{definition.n_shot} examples are asked for; the example data has {len(examples)}."
        )
        made.wrong("n_shot", 0, message)
    _find_repeats(made)
    if definition.form == "choice":
        _check_chance(definition, made)
    if definition.form == "answer":
        _check_scoring(definition, made)
    if definition.cluster_by:
        made.facts["clusters"] = len({item[CLUSTER] for item in made.items})
    made.facts |= {
        "rows": len(rows),
        "examples": len(examples),
        "longest_prompt": max((len(item["prompt"]) for item in made.items), default=0),
    }
    return made


def context_of(definition: Definition, made: Rendered) -> str:
    """The examples as they stand before every prompt; empty for none."""
    return "".join(
        item["prompt"] + BEFORE_ANSWER + shown_answer(item) + BETWEEN_EXAMPLES
        for item in made.examples[: definition.n_shot]
    )


def shown_answer(item: Item) -> str:
    """The right answer as an example shows it."""
    return str(item["choices"][item["gold"]] if "choices" in item else item.get("target", ""))


def previews(made: Rendered) -> list[dict[str, Any]]:
    """PREVIEWS rows spread over the data: {"row", "prompt", "choices": [{"text", "right"}], "target"}."""
    count = len(made.items)
    places = sorted({number * count // PREVIEWS for number in range(PREVIEWS)}) if count else []
    return [
        {
            "row": made.items[place]["row"],
            "prompt": made.items[place]["prompt"],
            "choices": [
                {"text": text, "right": position == made.items[place]["gold"]}
                for position, text in enumerate(made.items[place].get("choices", ()))
            ],
            "target": made.items[place].get("target", ""),
        }
        for place in places
    ]


class _Builder:
    """One definition's templates, parsed once."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.prompt = parse(definition.prompt)
        self.target = parse(definition.target)
        self.choices: list[Template] = definition.choice_templates

    def item(self, row: Row, number: int) -> Item:
        """Raises BadValue."""
        prompt = self.prompt.render(row)
        if not prompt.strip():
            raise BadValue("the prompt is empty")
        item: Item = {"row": number, "prompt": prompt}
        if self.definition.form == "choice":
            item["choices"] = self._choices(row)
            item["gold"] = self._gold(row, item["choices"])
        if self.definition.form == "answer":
            item["target"] = self.target.render(row).strip()
            if not item["target"]:
                raise BadValue("the answer is empty")
        return item

    def cluster(self, row: Row) -> Item:
        """What the row shares with others, for those that are measured. Raises BadValue."""
        name = self.definition.cluster_by
        return {CLUSTER: as_text(look_up(row, tuple(name.split("."))), name)} if name else {}

    def _choices(self, row: Row) -> list[str]:
        name = self.definition.choices.strip()
        if self.choices:
            texts = [template.render(row) for template in self.choices]
        else:
            texts = texts_of(look_up(row, tuple(name.split("."))), name)
        texts = [text.strip() for text in texts]
        if not 2 <= len(texts) <= len(LETTERS):
            raise BadValue(
                f"it has {len(texts)} choices; between 2 and {len(LETTERS)} are possible"
            )
        if not all(texts):
            raise BadValue("a choice is empty")
        if len(set(texts)) < len(texts):
            raise BadValue("two of its choices are equal")
        if sum(map(len, texts)) > LONGEST_TEXT:
            raise BadValue(f"its choices have more than {LONGEST_TEXT:,} characters")
        return texts

    def _gold(self, row: Row, choices: list[str]) -> int:
        name, way = self.definition.gold, self.definition.gold_form
        value = look_up(row, tuple(name.split(".")))
        if way == "text":
            text = as_text(value, name).strip()
            if text not in choices:
                raise BadValue(f"{name} is none of its choices")
            return choices.index(text)
        if way == "letter":
            text = as_text(value, name).strip().upper()
            place = LETTERS.find(text) if len(text) == 1 else -1
        else:
            # A CSV knows no numbers.
            digits = str(value).strip()
            place = int(digits) if re.fullmatch(r"[0-9]{1,4}", digits) else -1
            place -= 1 if way == "number" and place >= 0 else 0
        if not 0 <= place < len(choices):
            raise BadValue(f"{name} names none of its {len(choices)} choices")
        return place


def _items(builder: _Builder, rows: list[Row], part: str, made: Rendered) -> list[Item]:
    items = []
    for number, row in enumerate(rows, start=1):
        try:
            shared = builder.cluster(row) if part == "data" else {}
            items.append(builder.item(row, number) | shared)
        except BadValue as error:
            made.wrong(part, number, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return items


def _find_repeats(made: Rendered) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for item in made.items:
        first = seen.setdefault(_key(item), item["row"])
        if first != item["row"]:
            made.wrong("data", item["row"], f"It is the same as row {first}.")
    for item in made.examples:
        if _key(item) in seen:
            message = f"It is also row {seen[_key(item)]} of the test data."
            made.wrong("fewshot", item["row"], message)


def _key(item: Item) -> tuple[Any, ...]:
    return item["prompt"], tuple(sorted(item.get("choices", ())))


def _check_chance(definition: Definition, made: Rendered) -> None:
    if not made.items:
        return
    expected = sum(1 / len(item["choices"]) for item in made.items) / len(made.items)
    made.facts["expected_chance"] = round(expected, 6)
    stated = definition.chance
    if stated is not None and abs(stated - expected) > CHANCE_TOLERANCE:
        message = f"Guessing among the choices of the data scores {expected:.4g}, not {stated:g}."
        made.wrong("chance", 0, message)
    places = Counter(item["gold"] for item in made.items)
    made.facts["balance"] = {LETTERS[place]: count for place, count in sorted(places.items())}
    (place, count), *_ = places.most_common(1)
    if count / len(made.items) > expected + BALANCE:
        share = count / len(made.items)
        made.notes.append(f"Always answering {LETTERS[place]} scores {share:.2f}.")


def _check_scoring(definition: Definition, made: Rendered) -> None:
    """What is expected must count as right when a model writes exactly that."""
    answers = Counter(item["target"] for item in made.items)
    if made.items and (share := answers.most_common(1)[0][1] / len(made.items)) > BALANCE * 2:
        common = answers.most_common(1)[0][0]
        made.notes.append(f"Always answering “{common[:40]}” scores {share:.2f}.")
    pattern = re.compile(definition.pattern) if definition.scoring == "regex" else None
    unmatched = 0
    for item in made.items:
        target = item["target"]
        if definition.scoring == "number" and last_number(target) is None:
            made.wrong("data", item["row"], "Its answer is no number.")
        if pattern is None:
            continue
        found = pattern.search(BEFORE_ANSWER + target)
        if found is None:
            unmatched += 1
        elif not equal(found[1] if pattern.groups else found[0], target, definition.ignore_case):
            made.wrong("pattern", item["row"], "In the right answer the pattern finds another.")
    if unmatched:
        made.notes.append(
            f"In {unmatched:,} right answers as they stand the pattern finds nothing: a model has to "
            "write more than the answer."
        )
