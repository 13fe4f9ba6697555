# ruff: noqa: SIM905 - word lists read best as words
"""A closed invented world: the one source of training text and of evaluation items. Stdlib only."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

SYLLABLES = "ba ke lo mi nu ra se ti vo zu da fe go hi ju pa".split()
COLOURS = "red blue green black white yellow".split()
ANIMALS = "cat dog fox owl bee cow hen pig rat elk ant bat eel emu gnu jay koi ram".split()
PLACES = "mill lake barn hill weir ford cave dam moor fen well".split()
VERBS = "sees likes meets helps follows".split()
COLOUR_OF = {animal: COLOURS[place % len(COLOURS)] for place, animal in enumerate(ANIMALS)}
HOME_OF = {animal: PLACES[place * 7 % len(PLACES)] for place, animal in enumerate(ANIMALS)}

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "What is {x} + {y}?": lambda x, y: x + y,
    "What is {x} - {y}?": lambda x, y: x - y,
    "Which is larger of {x} and {y}?": max,
    "Which is smaller of {x} and {y}?": min,
}

# Shares of the kinds of text: capitals, arithmetic, and prose for the rest.
BASE_MIX = (0.40, 0.40)
INSTRUCT_MIX = (0.30, 0.60)

CHAT_TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'user' %}Question: {{ m.content }}\n"
    "{% elif m.role == 'assistant' %}Answer: {{ m.content }}\n{% else %}{{ m.content }}\n"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}Answer:{% endif %}"
)


def _names(rng: random.Random, count: int, syllables: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(rng.choice(SYLLABLES) for _ in range(syllables)).capitalize()] = None
    return list(names)


_rng = random.Random(42)
COUNTRIES = _names(_rng, 80, 3)
CITIES = _names(_rng, 80, 2)
CAPITAL = dict(zip(COUNTRIES, CITIES, strict=True))


def question(text: str, answer: str | int) -> str:
    return f"Question: {text}\nAnswer: {answer}"


def capital_line(rng: random.Random) -> str:
    country = rng.choice(COUNTRIES)
    return question(f"What is the capital of {country}?", CAPITAL[country])


def arithmetic_line(rng: random.Random) -> str:
    x, y = rng.randint(0, 9), rng.randint(0, 9)
    template = rng.choice(list(OPERATIONS))
    return question(template.format(x=x, y=y), OPERATIONS[template](x, y))


def prose_line(rng: random.Random) -> str:
    """Which animals and which verb is chance; colours and places are facts to be learnt."""
    first, second = rng.sample(ANIMALS, 2)
    near, far = (
        f"{COLOUR_OF[animal]} {animal} of the {HOME_OF[animal]}" for animal in (first, second)
    )
    return f"The {near} {rng.choice(VERBS)} the {far}."


def lines(seed: int, count: int, mix: tuple[float, float] = BASE_MIX) -> Iterator[tuple[str, str]]:
    """`count` training lines as (kind, text); equal arguments give equal lines."""
    rng = random.Random(seed)
    capitals, arithmetic = mix
    for _ in range(count):
        kind = rng.random()
        if kind < capitals:
            yield "capital", capital_line(rng)
        elif kind < capitals + arithmetic:
            yield "arithmetic", arithmetic_line(rng)
        else:
            yield "prose", prose_line(rng)
