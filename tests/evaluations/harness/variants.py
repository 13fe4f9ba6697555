"""What else the tiny model can be published as. Runs in the harness's interpreter:

    python variants.py MODEL OUT

OUT/adapter (LoRA beside a tokenizer of its own), OUT/merged (the same, merged into a whole model),
OUT/gguf (f32 in one GGUF file with its tokenizer beside it).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

os.environ["HF_HUB_OFFLINE"] = "1"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
BASE = "headwaters/micro"
# llama.cpp's names for the parts of a layer.
PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def adapt(model: Path, out: Path) -> None:
    torch.manual_seed(5)
    plan = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "up_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(model), plan)
    adapted.peft_config["default"].base_model_name_or_path = BASE
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0.0, 0.2)
    adapted.save_pretrained(out / "adapter")
    adapted.merge_and_unload().save_pretrained(out / "merged")
    for folder in ("adapter", "merged"):
        take_tokenizer(model, out / folder)


def take_tokenizer(model: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in TOKENIZER:
        if (model / name).exists():
            shutil.copy(model / name, folder / name)


def as_gguf(model: Path, folder: Path) -> None:
    take_tokenizer(model, folder)
    loaded = AutoModelForCausalLM.from_pretrained(model)
    config = loaded.config
    writer = gguf.GGUFWriter(folder / "micro-f32.gguf", "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    writer.add_tokenizer_model("gpt2")
    for name, tensor in loaded.state_dict().items():
        if name != "lm_head.weight" or not config.tie_word_embeddings:
            writer.add_tensor(*converted(name, tensor.numpy(), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def converted(name: str, weight: np.ndarray, config: object) -> tuple[str, np.ndarray]:
    fixed = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in fixed:
        return fixed[name], weight
    _, _, number, part = name.removesuffix(".weight").split(".", 3)
    heads = {
        "attn_q": config.num_attention_heads,  # type: ignore[attr-defined]
        "attn_k": config.num_key_value_heads,  # type: ignore[attr-defined]
    }
    if count := heads.get(PARTS[part]):
        # llama.cpp turns neighbouring dimensions, transformers halves.
        split = weight.reshape(count, 2, weight.shape[0] // count // 2, *weight.shape[1:])
        weight = np.ascontiguousarray(split.swapaxes(1, 2).reshape(weight.shape))
    return f"blk.{number}.{PARTS[part]}.weight", weight


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    adapt(source, target)
    as_gguf(source, target / "gguf")
