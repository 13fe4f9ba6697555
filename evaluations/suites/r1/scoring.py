# ruff: noqa: INP001 - lm_eval loads this file by its path
r"""Scoring of k sampled answers to one question; loaded by lm_eval from the task files beside it.

results[0] is the list of k answers (filter take_first_k). An answer is what stands in the last balanced
\boxed{} after the thought; without one there is no answer, which is wrong and counted. math_verify
stops hostile expressions by SIGALRM, so this must run in the main thread, as it does in the runner.

Of each question:
  pass_at_1  share of its k answers that are right; the mean over questions is that over all answers
  cons_at_k  whether the most frequent answer is right; of several that tie, the share that is right,
             so that neither the order of the answers nor the right one decides a tie
  pass_at_4  the chance that four answers drawn from the k hold a right one (Chen et al. 2021, unbiased)
  no_answer  share of its k answers without a box
"""

import logging
import math
import random
import re
import time
from collections import Counter

from math_verify import parse, verify
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig

MATHS = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
SECONDS = 5
# Answers that are compared with each other as mathematics until so many of them ran out of time.
MOST_TIMEOUTS = 3
LONGEST_ANSWER = 1000
LETTERS = "ABCD"
BOX = re.compile(r"\\boxed\s*(?={)")
# Words and signs around a letter: \text{B}, \mathbf{(B)}, "B) 12 cm", "B."
LETTER = re.compile(r"(?:\\[a-z]+\s*\{|[({\[\s])*([A-Z])(?:[)}\]\s]*|[).:\s}].*)", re.DOTALL)
PERCENT = re.compile(r"\\?%\s*$")

# It logs a line for every answer that is no mathematics.
logging.getLogger("math_verify").setLevel(logging.ERROR)


def answer_part(text):
    """What follows the chain of thought; nothing where a thought was begun and never ended.

    Where the chat template began the thought, its end alone stands in the text, or nothing does.
    """
    _, end, answer = text.rpartition("</think>")
    if end:
        return answer
    return "" if "<think>" in text else text


def boxed(text):
    r"""The content of the last balanced \boxed{...}; empty where there is none."""
    for match in reversed(list(BOX.finditer(text))):
        content = balanced(text, match.end())
        if content is not None:
            return content.strip()
    return ""


def balanced(text, start):
    """What the brace at `start` encloses, None where it is never closed. Escaped braces are text."""
    depth = 0
    place = start
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 1 : place]
        place += 1
    return None


def pass_at(k, n, right):
    """1 - C(n - right, k) / C(n, k): the chance that k of the n answers hold one of the `right`."""
    return 1.0 - math.comb(n - right, k) / math.comb(n, k)


def consensus(right, groups):
    """What the largest groups of equal answers come to. `groups` names each answer's, None for no
    answer; a group is as right as its first answer."""
    sizes = Counter(group for group in groups if group is not None)
    most = [group for group, size in sizes.items() if size == max(sizes.values())]
    return sum(right[groups.index(group)] for group in most) / len(most) if most else 0.0


def numbers(right, groups):
    count = len(right)
    found = {
        "pass_at_1": sum(right) / count,
        "cons_at_k": consensus(right, groups),
        "no_answer": groups.count(None) / count,
    }
    # Of fewer answers there is no such chance, and another number must not take its name.
    return found | ({"pass_at_4": pass_at(4, count, sum(right))} if count >= 4 else {})


def answers_of(results):
    first = results[0]
    texts = first if isinstance(first, list | tuple) else [first]
    return [boxed(answer_part(text)) for text in texts]


def read(answer):
    """As mathematics; empty where it is none."""
    if not answer or len(answer) > LONGEST_ANSWER:
        return []
    return parse(f"${PERCENT.sub('', answer)}$", MATHS, parsing_timeout=SECONDS)


def equal(one, other):
    """None where nobody can tell in time: math_verify says False then, too."""
    began = time.monotonic()
    same = bool(verify(one, other, timeout_seconds=SECONDS))
    return None if not same and time.monotonic() - began >= SECONDS else same


def groups_of(answers, found, right):
    """The group of each answer: the place of the first one that equals it, None for no answer.

    Right ones equal what is expected, and so each other; wrong ones are held against each other, by
    text and then as mathematics, as long as that ends in time.
    """
    groups, firsts, late = [], [], 0
    for place, answer in enumerate(answers):
        group = place if answer else None
        for first in firsts if answer else ():
            same = right[first] if right[place] else answers[first] == answer
            if not (same or right[place] or right[first]) and found[first] and found[place]:
                verdict = equal(found[first], found[place]) if late < MOST_TIMEOUTS else False
                late += verdict is None
                same = bool(verdict)
            if same:
                group = first
                break
        if group == place:
            firsts.append(place)
        groups.append(group)
    return groups


def judge(gold, answer):
    """(as mathematics, whether right); no mathematics where nobody can tell in time."""
    found = read(answer)
    verdict = equal(gold, found) if found else False
    return ([], False) if verdict is None else (found, verdict)


def score_maths(doc, results):
    answers = answers_of(results)
    gold = read(str(doc["answer"]))
    known = {answer: judge(gold, answer) for answer in dict.fromkeys(answers)}
    found, right = ([known[answer][at] for answer in answers] for at in (0, 1))
    return numbers(right, groups_of(answers, found, right))


def score_letter(doc, results):
    matches = [LETTER.fullmatch(answer) for answer in answers_of(results)]
    found = [match[1] if match else None for match in matches]
    return numbers([letter == doc["letter"] for letter in found], found)


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
