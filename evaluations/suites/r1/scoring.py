# ruff: noqa: INP001 - lm_eval loads this file by its path
"""Scoring of k sampled answers to one question; loaded by lm_eval from the task files beside it.

results[0] is the list of k answers (filter take_first_k). math_verify stops hostile expressions by
SIGALRM, so this must run in the main thread, as it does in the runner.
"""

import random
from collections import Counter

from math_verify import parse, verify
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig

MATHS = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
SECONDS = 5
LETTERS = "ABCD"


def answer_part(text):
    """What follows the chain of thought; all of the text where the thought never ended."""
    return text.rsplit("</think>", 1)[-1]


def boxed(text):
    r"""The content of the last \boxed{...}, braces balanced; empty where there is none."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return ""
    depth = 0
    for place in range(start + len("\\boxed"), len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + len("\\boxed{") : place].strip()
    return ""


def numbers(right, keys, answered):
    most = Counter(keys).most_common(1)[0][0]
    return {
        "avg_at_k": sum(right) / len(right),
        "pass_at_k": float(any(right)),
        "maj_at_k": float(right[keys.index(most)]),
        "answered": sum(answered) / len(answered),
    }


def answers_of(results):
    first = results[0]
    return [answer_part(text) for text in (first if isinstance(first, list | tuple) else [first])]


def score_maths(doc, results):
    answers = answers_of(results)
    gold = parse(f"${doc['answer']}$", MATHS)
    found = [parse(text, MATHS, parsing_timeout=SECONDS) for text in answers]
    right = [bool(it) and bool(verify(gold, it, timeout_seconds=SECONDS)) for it in found]
    keys = [str(it[0]) if it else "" for it in found]
    return numbers(right, keys, [bool(boxed(text)) for text in answers])


def score_letter(doc, results):
    found = [boxed(text).replace("\\text{", "").strip("{}(). ")[:1] for text in answers_of(results)]
    return numbers([it == doc["letter"] for it in found], found, [it != "" for it in found])


def freeze_options(dataset):
    """Shuffle the options by a generator of each item's own: the stock task uses the global one,
    so its order depends on what ran before."""

    def one(doc):
        options = [doc["Correct Answer"], *(doc[f"Incorrect Answer {n}"] for n in (1, 2, 3))]
        options = [" ".join(text.split()) for text in options]
        order = [0, 1, 2, 3]
        random.Random(doc["Question"]).shuffle(order)
        shuffled = {f"option_{LETTERS[n]}": options[place] for n, place in enumerate(order)}
        return {"question": doc["Question"].strip(), "letter": LETTERS[order.index(0)], **shuffled}

    return dataset.map(one)
