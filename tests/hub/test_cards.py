import json

import pytest

from hub import cards

WHOLE = """\ufeff---\r
license: other\r
license_name: deepseek\r
base_model:\r
- deepseek-ai/DeepSeek-V3\r
- Qwen/Qwen3-8B\r
datasets: headwaters/pool\r
language: [en, no]\r
tags: [tiny, tiny, moe]\r
released: 2026-11-23\r
score: .nan\r
---\r
# Title\r
\r
![badge](https://example.org/x.png)\r
\r
A **small** model, see [its page](https://example.org).\r
Second line.\r
"""


def test_a_whole_card_is_read() -> None:
    card = cards.parse(WHOLE)
    assert card.problems == []
    assert cards.licence(card) == ("other", "deepseek")
    assert cards.base_models(card) == ["deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-8B"]
    assert cards.relation(card) == "merge"
    assert cards.datasets(card) == ["headwaters/pool"]
    assert cards.tags(card) == ["tiny", "moe"]
    assert cards.summary(card) == "A small model, see its page. Second line."
    assert card.body.startswith("# Title")
    assert json.loads(json.dumps(card.metadata, allow_nan=False))["released"] == "2026-11-23"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no front matter"),
        ("# Only prose", "no front matter"),
        ("---\nlicense: mit\n", "not closed"),
        ("---\nlicense: [mit\n---\n", "not valid YAML in line"),
        ("---\n- a\n- b\n---\n", "not a mapping"),
        ("---\na: !!python/object/apply:os.system [id]\n---\n", "not valid YAML"),
        ("---\na: &x [1]\nb: *x\n---\n", "aliases"),
        ("---\n" + "a: " + "[" * 5000 + "\n---\n", "not valid YAML"),
        ("---\na: b\n---\n---\nlicense: mit\n---\n", "second block"),
        ("---\nd: 2026-13-45\n---\n", "not valid YAML"),
        ("---\n" + "k: v\n" * 100_000 + "---\n", "longer than 256 KiB"),
        ("---\na: b\n---\n" + "x" * 2_000_000, "longer than 1024 KiB"),
    ],
)
def test_whatever_is_wrong_is_said_and_never_raised(text: str, problem: str) -> None:
    assert any(problem in said for said in cards.parse(text).problems)


def test_an_alias_bomb_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    # Written out it would be 9^10 words; a parser that followed it would never come back.
    card = cards.parse("---\n" + "\n".join(lines) + "\n---\n")
    assert card.metadata == {}


def test_a_rule_in_prose_is_not_a_second_card() -> None:
    assert cards.parse("---\na: b\n---\nText\n\n---\n\nmore\n").problems == []


@pytest.mark.parametrize(
    ("front", "relation"),
    [
        ("base_model: a/b", "finetune"),
        ("base_model: a/b\nbase_model_relation: quantized", "quantized"),
        ("base_model: a/b\nbase_model_relation: nonsense", "finetune"),
        ("base_model: [a/b, c/d]", "merge"),
        ("base_model: a/b\nlibrary_name: peft", "adapter"),
        ("base_model: a/b\ntags: [gguf]", "quantized"),
        ("base_model: not a name", ""),
        ("license: mit", ""),
    ],
)
def test_relations_are_inferred_as_the_hub_does(front: str, relation: str) -> None:
    assert cards.relation(cards.parse(f"---\n{front}\n---\n")) == relation


def test_all_licence_keys_are_here() -> None:
    assert len(cards.LICENCES) == 83
    assert cards.is_known_licence("apache-2.0")
    assert not cards.is_known_licence("Apache-2.0")


def test_a_long_summary_ends_at_a_word() -> None:
    summary = cards.summary(cards.Card({}, "word " * 200))
    assert len(summary) <= 300
    assert summary.endswith("word…")
