"""A real model that thinks for a moment and then writes a sum into a box, mostly: run in the harness's
interpreter, `python -m tests.evaluations.suites.r1_model FOLDER` (six seconds)."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from evaluations.toys import training

QUESTION = (
    "What is {a} + {b}?\nPlease reason step by step, and put your final answer within \\boxed{{}}."
)
STEPS, BATCH, RATE = 60, 24, 6e-3
# Marks what the loss does not count: the question, and padding.
UNCOUNTED = -100


def lesson(rng: random.Random, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """Tokens and labels. Some answers forget the box, some thoughts never end."""
    a, b = rng.randint(0, 2), rng.randint(0, 2)
    asked = [{"role": "user", "content": QUESTION.format(a=a, b=b)}]
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    [answer] = rng.choices(
        [
            f"<think>hm</think>\\boxed{{{a + b}}}",
            f"<think>hm</think>{a + b}",
            "<think>" + "um " * 12,
        ],
        [5, 2, 4],
    )
    question = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    told = tokenizer(f"{answer}{tokenizer.eos_token}", add_special_tokens=False)["input_ids"]
    return question + told, [UNCOUNTED] * len(question) + told


def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def main(folder: Path) -> None:
    training.seed_everything(0)
    rng = random.Random(1)
    tokenizer = training.make_tokenizer()
    model = training.new_model(training.Training(hidden=64), tokenizer)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        tokens, labels = zip(*(lesson(rng, tokenizer) for _ in range(BATCH)), strict=True)
        answers = padded(list(labels), UNCOUNTED)
        loss = model(input_ids=padded(list(tokens), tokenizer.pad_token_id), labels=answers).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    training.save(model, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
