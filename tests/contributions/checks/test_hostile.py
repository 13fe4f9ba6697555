"""Repositories that attack: each ends in a reason and in what to do, never in anything being run."""

import json
import os
import pickle
import struct
from collections.abc import Mapping
from typing import Any

import pytest

from contributions.checks.tensors import table_of
from contributions.models import Check
from hub.models import User
from tests.contributions.readers.test_readers import BODY
from tests.contributions.readers.test_readers import header as gguf_header
from tests.contributions.stories import run_checks, submitted
from tests.hub.repositories import safetensors
from tests.repos import CONFIG, TENSORS, card, host, weights

pytestmark = pytest.mark.django_db(transaction=True)


class Calls:
    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/owned",)


def checks_of(author: User, files: Mapping[str, bytes | None], **proposed: Any) -> dict[str, Check]:
    host("headwaters/brook", files)
    return run_checks(submitted(author, **proposed))


@pytest.mark.parametrize(
    "name", ["training_args.bin", "optimizer.pt", "scaler.pkl", "deep/er/x.ckpt"]
)
def test_a_pickle_that_calls_anything_fails_though_nobody_loads_it(
    origin: str, ann: User, name: str
) -> None:
    check = checks_of(ann, {name: pickle.dumps([Calls()])})["pickles"]
    assert (check.state, check.code, check.whose) == ("failed", "pickle_unsafe", "submitter")
    assert check.details[0]["path"] == name
    assert "system" in check.summary
    assert check.details[0]["fix"]


def test_a_pickle_of_plain_data_passes(origin: str, ann: User) -> None:
    check = checks_of(ann, {"state.pt": pickle.dumps({"step": 3})})["pickles"]
    assert (check.state, "calls nothing" in check.summary) == ("passed", True)


def test_a_pickle_is_judged_by_its_beginning_not_its_length(
    origin: str, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contributions.checks.pickles.MOST_BYTES", 100)
    check = checks_of(ann, {"state.pt": pickle.dumps(list(range(1000)))})["pickles"]
    assert (check.state, "too much reading" in check.summary) == ("failed", True)


def test_a_secret_is_named_by_file_and_line_and_never_shown(origin: str, ann: User) -> None:
    found = checks_of(ann, {"train.py": f"import x\nlogin('hf_{BODY}')\n".encode()})
    check = found["secrets"]
    place = [(detail["path"], detail["line"]) for detail in check.details]
    assert (check.state, check.code, place) == ("failed", "secret", [("train.py", 2)])
    for one in found.values():
        assert BODY not in json.dumps([one.summary, one.details, one.findings])


def test_a_template_that_reaches_out_fails(origin: str, ann: User) -> None:
    config = json.dumps({"chat_template": "{{ ''.__class__.__mro__[1] }}"}).encode()
    check = checks_of(ann, {"tokenizer_config.json": config})["files"]
    assert (check.state, check.code) == ("failed", "hostile_text")
    alone = {"tokenizer_config.json": b"{}", "chat_template.jinja": b"{{ 'a' * 3000000000 }}"}
    host("headwaters/creek", alone)
    other = run_checks(submitted(ann, "headwaters/creek"))["files"]
    assert (other.state, other.details[0]["path"]) == ("failed", "chat_template.jinja")


def test_a_tokenizer_of_hostile_size_fails(
    origin: str, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contributions.checks.file_safety.LARGEST_TOKENIZER", 10)
    check = checks_of(ann, {"tokenizer.json": b'{"model": {"vocab": {}}}'})["files"]
    assert (check.state, check.details[0]["path"]) == ("failed", "tokenizer.json")


def shifted(data: bytes, by: int) -> bytes:
    """The first tensor begins `by` bytes later, as if something lay before it."""
    length = struct.unpack("<Q", data[:8])[0]
    rows = json.loads(data[8 : 8 + length])
    for name, row in rows.items():
        if name != "__metadata__":
            row["data_offsets"] = [offset + by for offset in row["data_offsets"]]
    text = json.dumps(rows).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * by + data[8 + length :]


def test_bytes_that_belong_to_no_tensor_are_refused(origin: str, ann: User) -> None:
    check = checks_of(ann, {"model.safetensors": shifted(weights(), 64)})["origin"]
    assert (check.state, check.code) == ("failed", "bad_weights")


def test_packed_weights_are_counted_as_what_they_hold(origin: str, ann: User) -> None:
    """MLX in four bits: 8 weights in each U32, whose 128 elements are not the model's size."""
    packed = {
        "model.embed_tokens.weight": ("I32", [16, 8]),
        "model.embed_tokens.scales": ("F16", [16, 1]),
        "model.embed_tokens.biases": ("F16", [16, 1]),
    }
    config = json.dumps({**CONFIG, "quantization": {"group_size": 64, "bits": 4}}).encode()
    files = {"config.json": config, "model.safetensors": safetensors(packed, b"\x11")}
    good = checks_of(ann, files, parameters=1024)
    assert good["origin"].findings["manifest"]["parameters"] == 1024
    assert good["card"].state == "passed"
    host("headwaters/creek", files)
    false = run_checks(submitted(ann, "headwaters/creek", parameters=160))["card"]
    assert (false.state, "packed" in false.details[0]["text"]) == ("failed", True)


def test_a_gguf_repository_is_catalogued_by_its_header(origin: str, ann: User) -> None:
    files = {"model.safetensors": None, "brook.gguf": gguf_header() + bytes(400)}
    check = checks_of(ann, files, parameters=None)["files"]
    assert (check.state, check.code, check.findings["parameters"]) == ("warning", "gguf", 32)
    host("headwaters/creek", {**files, "brook.gguf": gguf_header(keys=2**60)})
    bad = run_checks(submitted(ann, "headwaters/creek", parameters=None))["files"]
    assert (bad.state, bad.code) == ("failed", "bad_gguf")


def test_an_adapter_that_names_no_base_fails(origin: str, ann: User) -> None:
    files = {
        "model.safetensors": None,
        "config.json": None,
        "adapter_config.json": b'{"peft_type": "LORA", "base_model_name_or_path": "/home/me/model"}',
        "adapter_model.safetensors": weights("", {"x.lora_A.weight": ("F32", [2, 8])}),
    }
    check = checks_of(ann, files, parameters=None, architecture="")["files"]
    assert (check.state, check.code) == ("failed", "adapter_without_base")


def test_the_table_of_tensors_is_kept_in_the_store_where_it_is_long(
    origin: str, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = checks_of(ann, {})["origin"].findings
    assert [row[0] for row in short["tensors"]] == sorted(TENSORS)
    monkeypatch.setattr("contributions.checks.tensors.MOST_INLINE", 1)
    host("headwaters/creek", {"README.md": card("Other.")})
    long = run_checks(submitted(ann, "headwaters/creek"))["origin"].findings
    assert (long["tensors"], table_of(long)) == ([], short["tensors"])
