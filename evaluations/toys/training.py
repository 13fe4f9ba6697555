"""Train small real Llama and Qwen3 models on the invented world. Runs in the harness's interpreter."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from evaluations.toys import world
from evaluations.toys.plan import DATASET_LINES, DATASET_SEED, LOG

CONTEXT = 128
BLOCK = 48
VOCABULARY = 420
SPECIAL = ["<pad>", "<s>", "</s>"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What fixes a model: equal values give equal weights on one machine."""

    arch: str = "llama"
    hidden: int = 128
    layers: int = 2
    steps: int = 200
    batch: int = 48
    rate: float = 4e-3
    seed: int = 0
    mix: tuple[float, float] = world.BASE_MIX
    corpus_seed: int = DATASET_SEED


def make_tokenizer() -> PreTrainedTokenizerFast:
    """The byte-level BPE all models of this world share."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for _, text in world.lines(7, 5000)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",  # noqa: S106
        eos_token="</s>",  # noqa: S106
        pad_token="<pad>",  # noqa: S106
        chat_template=world.CHAT_TEMPLATE,
        model_max_length=CONTEXT,
    )


def new_model(plan: Training, tokenizer: PreTrainedTokenizerFast) -> Any:
    torch.manual_seed(plan.seed)
    shape = {
        "vocab_size": len(tokenizer),
        "hidden_size": plan.hidden,
        "intermediate_size": plan.hidden * 3,
        "num_hidden_layers": plan.layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if plan.arch == "qwen3":
        return Qwen3ForCausalLM(Qwen3Config(head_dim=plan.hidden // 4, **shape))
    return LlamaForCausalLM(LlamaConfig(**shape))


def corpus(tokenizer: PreTrainedTokenizerFast, lines: Iterable[str]) -> torch.Tensor:
    ids: list[int] = []
    for line in tokenizer(list(lines), add_special_tokens=False)["input_ids"]:
        ids += [tokenizer.bos_token_id, *line, tokenizer.eos_token_id]
    return torch.tensor(ids)


def train(plan: Training, model: Any, teacher: Any = None) -> list[float]:
    """Train in place and return the loss of each step; with a teacher, towards its distribution."""
    lines = world.lines(plan.corpus_seed, DATASET_LINES, plan.mix)
    data = corpus(make_tokenizer(), (text for _, text in lines))
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.rate, betas=(0.9, 0.95), weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.rate, total_steps=max(plan.steps, 2), pct_start=0.1
    )
    draws = torch.Generator().manual_seed(plan.seed)
    model.train()
    losses = []
    for _ in range(plan.steps):
        starts = torch.randint(0, len(data) - BLOCK - 1, (plan.batch,), generator=draws)
        block = torch.stack([data[start : start + BLOCK] for start in starts])
        loss = distillation_loss(model, teacher, block) if teacher else own_loss(model, block)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    return losses


def own_loss(model: Any, block: torch.Tensor) -> torch.Tensor:
    return model(input_ids=block, labels=block).loss


def distillation_loss(model: Any, teacher: Any, block: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        wanted = teacher(input_ids=block).logits.log_softmax(-1)
    given = model(input_ids=block).logits.log_softmax(-1)
    return torch.nn.functional.kl_div(
        given.flatten(0, 1), wanted.flatten(0, 1), log_target=True, reduction="batchmean"
    )


def load(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)


def save(model: Any, folder: Path) -> None:
    """A model folder as a hub serves it; save_pretrained alone leaves weights only we can read."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)


def save_log(plan: Training, losses: list[float], folder: Path) -> None:
    """What a trainer logs: the loss of each step, and how many tokens were seen by then."""
    rows = (
        f"{step},{step * plan.batch * BLOCK},{loss:.6f}"
        for step, loss in enumerate(losses, start=1)
    )
    (folder / LOG).write_text("\n".join(["step,tokens,loss", *rows]) + "\n", "utf-8")


def copy_model(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.name not in {"README.md", LOG} and not path.name.startswith("."):
            shutil.copy(path, target / path.name)


def seed_everything(seed: int) -> None:
    random.seed(seed)
    torch.manual_seed(seed)
    # Two builders run side by side, and one thread each gives the same sums every time.
    torch.set_num_threads(1)
