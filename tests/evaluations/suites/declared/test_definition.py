from typing import Any

import pytest

from evaluations.suites.declared.definition import Definition, problems_of
from tests.evaluations.suites.declared import examples


def test_sound_definitions_have_no_problems_and_survive_json() -> None:
    for definition in (examples.choice(), examples.answer(), examples.text()):
        assert problems_of(definition) == {}
        assert Definition.of(definition.as_json()) == definition


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (examples.choice(form="essay"), {"form", "metric"}),
        (examples.choice(metric="bits_per_byte"), {"metric"}),
        (examples.choice(prompt="the same for all"), {"prompt"}),
        (examples.choice(prompt="{% for %}{{question}}"), {"prompt"}),
        (examples.choice(choices="", gold="", chance=None), {"choices", "gold", "chance"}),
        (examples.choice(choices="{{a}}\n{{b.__class__}}"), {"choices"}),
        (examples.choice(chance=1.5), {"chance"}),
        (examples.choice(best=0.2), {"best"}),
        (examples.choice(n_shot=33), {"n_shot"}),
        (examples.choice(gold_form="feeling"), {"gold_form"}),
        (examples.answer(target=""), {"target"}),
        (examples.answer(pattern="("), {"pattern"}),
        (examples.answer(pattern=""), {"pattern"}),
        (examples.answer(scoring="vibes"), {"scoring"}),
        (examples.answer(max_tokens=0), {"max_tokens"}),
        (examples.answer(stop=("",)), {"stop"}),
        (examples.text(n_shot=1), {"n_shot"}),
        (examples.text(chance=1.0, best=2.0), {"best"}),
    ],
)
def test_every_contradiction_stands_beside_its_field(definition: Any, names: set[str]) -> None:
    assert set(problems_of(definition)) == names
