"""Models that are no plain checkpoint: adapters on their base, GGUF, quantised weights, and vLLM."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Job
from tests.evaluations.harness.jobs import (
    DEMO,
    failure_of,
    make_job,
    make_spec,
    read_tensors,
    run,
    write_tensors,
)
from tests.toys import HARNESS_PYTHON, copy_of

CHILD = Path(__file__).resolve().parents[3] / "evaluations" / "harness" / "lm_eval"
# Enough of each task to tell two models apart.
FEW = 60


def few(checkpoint: Path, **changes: Any) -> Job:
    return make_job(checkpoint, *(make_spec(slug, limit=FEW) for slug in DEMO), **changes)


def outcomes_of(harness: LmEvalHarness, job: Job, workdir: Path) -> list[tuple[float, ...]]:
    return [one.outcomes for one in run(harness, job, workdir).measurements]


@pytest.fixture(scope="module")
def own(
    harness: LmEvalHarness, micro: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[float, ...]]:
    """What the whole model comes to."""
    return outcomes_of(harness, few(micro), tmp_path_factory.mktemp("own"))


@pytest.fixture
def adapter(variants: Path, tmp_path: Path) -> Path:
    """One to spoil."""
    return copy_of(variants / "adapter", tmp_path / "adapter")


def test_an_adapter_on_its_base_scores_as_the_merged_model_does(
    harness: LmEvalHarness,
    micro: Path,
    variants: Path,
    own: list[tuple[float, ...]],
    tmp_path: Path,
) -> None:
    adapted = outcomes_of(harness, few(variants / "adapter", base_path=micro), tmp_path / "adapted")
    merged = outcomes_of(harness, few(variants / "merged"), tmp_path / "merged")
    assert adapted[:2] == merged[:2]
    assert adapted[2] == pytest.approx(merged[2], rel=1e-4)
    assert adapted[2] != pytest.approx(own[2], rel=1e-2)


def test_the_base_is_the_folder_that_was_given_whatever_the_adapter_names(
    harness: LmEvalHarness, micro: Path, adapter: Path, variants: Path, tmp_path: Path
) -> None:
    config = adapter / "adapter_config.json"
    named = json.loads(config.read_text()) | {"base_model_name_or_path": "/nowhere/at/all"}
    config.write_text(json.dumps(named))
    # The base's own tokenizer, where an adapter brings none.
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (adapter / name).unlink()
    foreign = outcomes_of(harness, few(adapter, base_path=micro), tmp_path / "foreign")
    right = outcomes_of(harness, few(variants / "adapter", base_path=micro), tmp_path / "right")
    assert foreign == right


def another_kind(adapter: Path) -> None:
    change(adapter, peft_type="PROMPT_TUNING")


def names_a_module(adapter: Path) -> None:
    change(adapter, megatron_config={"a": 1}, megatron_core="evil")


def enormous_rank(adapter: Path) -> None:
    change(adapter, rank_pattern={"q_proj": 10**9})


def pickled(adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")


def lacks_a_matrix(adapter: Path) -> None:
    path = adapter / "adapter_model.safetensors"
    header, data = read_tensors(path)
    last = max(
        (name for name in header if name != "__metadata__"),
        key=lambda name: header[name]["data_offsets"][0],
    )
    data = data[: header.pop(last)["data_offsets"][0]]
    write_tensors(path, header, data)


def wrong_shape(adapter: Path) -> None:
    path = adapter / "adapter_model.safetensors"
    header, data = read_tensors(path)
    for name, row in header.items():
        if "lora_A" in name:
            row["shape"] = list(reversed(row["shape"]))
    write_tensors(path, header, data)


def change(adapter: Path, **values: Any) -> None:
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (another_kind, "not_a_model", "PROMPT_TUNING"),
        (names_a_module, "needs_own_code", "megatron_config"),
        (enormous_rank, "config_mismatch", "rank"),
        (pickled, "pickle_weights", "adapter_model.bin"),
        (lacks_a_matrix, "config_mismatch", "does not fit its base"),
        (wrong_shape, "config_mismatch", "size mismatch"),
    ],
)
def test_an_adapter_that_is_none_of_its_base_is_refused(
    harness: LmEvalHarness,
    micro: Path,
    adapter: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
    says: str,
) -> None:
    spoil(adapter)
    failure = failure_of(harness, few(adapter, base_path=micro), tmp_path / "work")
    assert (failure.code, failure.whose) == (code, "submitter")
    assert says in failure.message


def test_a_gguf_file_scores_as_the_tensors_it_was_made_of(
    harness: LmEvalHarness, variants: Path, own: list[tuple[float, ...]], tmp_path: Path
) -> None:
    found = outcomes_of(harness, few(variants / "gguf"), tmp_path)
    assert found[:2] == own[:2]
    assert found[2] == pytest.approx(own[2], rel=1e-4)


def test_of_several_gguf_files_the_recipe_names_one(
    harness: LmEvalHarness, variants: Path, own: list[tuple[float, ...]], tmp_path: Path
) -> None:
    both = copy_of(variants / "gguf", tmp_path / "both")
    shutil.copy(both / "micro-f32.gguf", both / "micro-copy.gguf")
    failure = failure_of(harness, few(both), tmp_path / "unnamed")
    assert (failure.code, "micro-copy.gguf, micro-f32.gguf" in failure.message) == ("bad_job", True)
    job = few(both, backend_args={"gguf_file": "micro-copy.gguf"})
    assert outcomes_of(harness, job, tmp_path / "named")[0] == own[0]


def test_a_gguf_file_that_is_none_is_refused_before_anything_reads_it(
    harness: LmEvalHarness, variants: Path, tmp_path: Path
) -> None:
    spoilt = copy_of(variants / "gguf", tmp_path / "spoilt")
    (spoilt / "micro-f32.gguf").write_bytes(b"GGUF" + b"\xff" * 40)
    failure = failure_of(harness, few(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("not_a_model", "preflight")


def test_quantised_weights_are_for_gpus(
    harness: LmEvalHarness, micro: Path, spoilt: Path, tmp_path: Path
) -> None:
    job = few(micro, backend_args={"load_in_4bit": True})
    failure = failure_of(harness, job, tmp_path / "asked")
    assert (failure.code, failure.retryable) == ("needs_gpu", False)
    config = json.loads((spoilt / "config.json").read_text())
    quantised = config | {"quantization_config": {"quant_method": "gptq", "bits": 4}}
    (spoilt / "config.json").write_text(json.dumps(quantised))
    failure = failure_of(harness, few(spoilt), tmp_path / "stored")
    assert failure.code == "needs_gpu"
    assert "gptq" in failure.message


def test_vllm_is_for_gpus_too(harness: LmEvalHarness, micro: Path, tmp_path: Path) -> None:
    failure = failure_of(harness, few(micro, backend="vllm"), tmp_path)
    assert (failure.code, "no GPU" in failure.message) == ("unavailable", True)


def test_what_no_recipe_may_say_is_not_heard(
    harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    job = few(micro, backend_args={"trust_remote_code": True})
    failure = failure_of(harness, job, tmp_path)
    assert (failure.code, "takes no trust_remote_code" in failure.message) == ("bad_job", True)


def asked_of_child(script: str, job: dict[str, Any]) -> Any:
    """What `script` prints, with backends.py of the child and a job."""
    done = subprocess.run(
        [str(HARNESS_PYTHON), "-c", script, json.dumps(job)],
        cwd=CHILD,
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_vllm_gets_arguments_that_lm_evals_class_takes_and_no_code(
    micro: Path, variants: Path
) -> None:
    # vLLM is not installed here, so that its module cannot be imported: read, not run.
    script = """
import ast, importlib.util, json, pathlib, sys
import backends
arguments = backends.vllm_arguments(json.loads(sys.argv[1]))
source = importlib.util.find_spec("lm_eval.models.vllm_causallms").origin
tree = ast.parse(pathlib.Path(source).read_text())
vllm = next(node for node in tree.body if getattr(node, "name", "") == "VLLM")
made = next(node for node in vllm.body if getattr(node, "name", "") == "__init__")
known = [argument.arg for argument in made.args.args]
print(json.dumps([arguments, [name for name in arguments if name not in known]]))
"""
    job = {
        "checkpoint": str(variants / "adapter"),
        "base": str(micro),
        "dtype": "bfloat16",
        "batch_size": 16,
        "backend_args": {"tensor_parallel_size": 2, "max_model_len": 4096, "max_lora_rank": 8},
    }
    arguments, unknown = asked_of_child(script, job)
    assert arguments["trust_remote_code"] is False
    assert (arguments["pretrained"], arguments["lora_local_path"]) == (
        str(micro),
        str(variants / "adapter"),
    )
    assert (arguments["tensor_parallel_size"], arguments["max_model_len"]) == (2, 4096)
    # These two go on to vllm.LLM.
    assert sorted(unknown) == ["generation_config", "load_format"]


def test_several_gpus_share_a_model_where_the_recipe_says_so(micro: Path) -> None:
    script = """
import json, sys
import backends
print(json.dumps(backends.hf_arguments(json.loads(sys.argv[1]))))
"""
    job = {
        "checkpoint": str(micro),
        "base": None,
        "dtype": "bfloat16",
        "device": "cuda",
        "backend_args": {"device_map": "auto", "max_length": 4096, "load_in_8bit": True},
    }
    assert asked_of_child(script, job) == {
        "pretrained": str(micro),
        "dtype": "bfloat16",
        "trust_remote_code": False,
        "use_safetensors": True,
        "max_length": 4096,
        "parallelize": True,
    }
