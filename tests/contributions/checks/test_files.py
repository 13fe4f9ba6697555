"""What loads without anybody's code, and is the model that it says: from real repositories."""

import json
from typing import Any

import pytest

from contributions.models import Check
from hub.models import User
from tests.contributions.stories import run_checks, submitted
from tests.repos import CONFIG, PARAMETERS, host, weights

pytestmark = pytest.mark.django_db(transaction=True)


def files_check(author: User, files: dict[str, bytes | None]) -> Check:
    host("headwaters/brook", files)
    return run_checks(submitted(author))["files"]


def test_a_good_repository_passes_with_its_count(origin: str, ann: User) -> None:
    check = files_check(ann, {})
    assert (check.state, check.summary) == (
        "passed",
        f"{PARAMETERS} parameters in safetensors, as config.json says.",
    )


CONFIG_OF_MORE = json.dumps({**CONFIG, "vocab_size": 99}).encode()
CODE = json.dumps({**CONFIG, "auto_map": {"AutoModel": "modeling.Brook"}}).encode()


@pytest.mark.parametrize(
    ("files", "state", "code", "words"),
    [
        ({"model.safetensors": None, "pytorch_model.bin": b"\x80\x04."}, "failed", "pickle_weights",
         "Publish them as safetensors"),
        ({"model.safetensors": None, "model.pt": b"PK"}, "failed", "pickle_weights", "pickle"),
        ({"model.safetensors": None}, "failed", "not_a_model", "no weights"),
        ({"config.json": None}, "failed", "missing_config", "no config.json"),
        ({"config.json": b"[]"}, "failed", "not_a_model", "not a JSON object"),
        ({"config.json": CONFIG_OF_MORE}, "failed", "config_mismatch", "vocab_size 99"),
        ({"adapter_config.json": b"{}"}, "failed", "adapter_beside_weights", "add it silently"),
        ({"kernels.so": b"\x7fELF"}, "failed", "unsafe_files", "compiled code"),
        ({"config.json": CODE, "modeling.py": b"import os"}, "warning", "code_ignored", "never run"),
        ({"generation_config.json": b'{"repetition_penalty": 3}'}, "warning", "generation_ignored",
         "repetition_penalty"),
    ],
)  # fmt: skip
def test_each_kind_of_bad_file_has_its_reason(
    origin: str, ann: User, files: dict[str, bytes | None], state: str, code: str, words: str
) -> None:
    check = files_check(ann, files)
    assert (check.state, check.code) == (state, code)
    assert words in " ".join(detail["text"] for detail in check.details)


def test_an_adapter_alone_is_told_apart(origin: str, ann: User) -> None:
    tensors: dict[str, Any] = {"lora_A.weight": ("F32", [8, 2])}
    check = files_check(
        ann,
        {
            "model.safetensors": None,
            "config.json": None,
            "adapter_config.json": b'{"peft_type": "LORA", "base_model_name_or_path": "headwaters/spring"}',
            "adapter_model.safetensors": weights("", tensors),
        },
    )
    assert (check.state, check.code, check.findings) == (
        "warning",
        "adapter",
        {"measurable": True},
    )


def test_a_header_longer_than_the_first_read_is_read_whole(origin: str, ann: User) -> None:
    many = {f"model.layers.0.extra.{number:05}": ("F32", [1]) for number in range(2000)}
    config = json.dumps({**CONFIG, "vocab_size": 16}).encode()
    check = files_check(ann, {"model.safetensors": weights("", many), "config.json": config})
    assert check.state == "passed"
    assert check.summary.startswith("2,000 parameters")
