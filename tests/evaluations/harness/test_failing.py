"""Every way a run ends without scores, each brought about for real."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import HarnessFailure, Limits, Progress
from tests.evaluations.harness.hostile_models import FORGOTTEN, forget_a_weight
from tests.evaluations.harness.jobs import (
    failure_of,
    make_job,
    make_spec,
    read_tensors,
    write_tensors,
)
from tests.toys import HARNESS_PYTHON


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def adapter_only(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


def adapter_beside(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "/etc"}')


def pickle_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def random_bytes(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(os.urandom(4096))


def truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def endless_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 10**15) + b"{}")


def config_is_a_list(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def lying_config(**claims: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | claims))

    return spoil


def link_out(folder: Path) -> None:
    (folder / "notes.txt").symlink_to("/etc/hostname")


def compiled_code(folder: Path) -> None:
    (folder / "fast.so").write_bytes(b"\x7fELF")


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (without_config, "missing_config", "no config.json"),
        (adapter_only, "missing_config", "adapter without its base"),
        (adapter_beside, "adapter_beside_weights", "beside full weights"),
        (pickle_only, "pickle_weights", "pytorch_model.bin"),
        (no_weights, "not_a_model", "no .safetensors"),
        (random_bytes, "not_a_model", "not safetensors"),
        (truncated, "not_a_model", "truncated"),
        (endless_header, "not_a_model", "header is longer than the file"),
        (config_is_a_list, "not_a_model", "not a JSON object"),
        (lying_config(hidden_size=64), "config_mismatch", "hidden_size 64"),
        (lying_config(num_hidden_layers=40), "config_mismatch", "40 layers"),
        (lying_config(vocab_size=10**7), "config_mismatch", "over 2000000"),
        (lying_config(_attn_implementation="evil/kernels"), "needs_own_code", "not allowed"),
        (link_out, "unsafe_files", "link out of the folder"),
        (compiled_code, "unsafe_files", "compiled code"),
    ],
)
def test_a_folder_that_is_no_honest_model_is_refused_before_anything_loads_it(
    harness: LmEvalHarness,
    spoilt: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
    says: str,
) -> None:
    spoil(spoilt)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.whose, failure.retryable) == (code, "submitter", False)
    assert failure.stage == "preflight"
    assert says in failure.message


def test_weights_that_are_missing_are_not_made_up(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path
) -> None:
    forget_a_weight(spoilt)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("config_mismatch", "load_model")
    assert FORGOTTEN in failure.message


def test_a_model_that_needs_its_own_code_is_refused_and_the_code_never_runs(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    (spoilt / "modeling_own.py").write_text(f"open({str(mark)!r}, 'w')")
    code = {"AutoConfig": "modeling_own.Own", "AutoModelForCausalLM": "modeling_own.Own"}
    lying_config(model_type="own", auto_map=code)(spoilt)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("needs_own_code", "load_model")
    assert not mark.exists()


def test_numbers_that_are_not_finite_are_no_scores(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path
) -> None:
    path = spoilt / "model.safetensors"
    header, data = read_tensors(path)
    begin, end = header["model.norm.weight"]["data_offsets"]
    nan = struct.pack("<f", float("nan")) * ((end - begin) // 4)
    write_tensors(path, header, data[:begin] + nan + data[end:])
    job = make_job(spoilt, make_spec("tributary-prose", limit=8))
    failure = failure_of(harness, job, tmp_path / "work")
    assert (failure.code, failure.whose) == ("not_finite", "submitter")
    assert "bits_per_byte" in failure.message


def test_a_task_that_is_not_there_is_the_fault_of_the_hub(
    harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    job = make_job(micro, make_spec("tributary-prose", task="tributary_poetry"))
    failure = failure_of(harness, job, tmp_path)
    assert (failure.code, failure.whose, failure.stage) == ("bad_job", "hub", "load_tasks")


def test_no_room_to_write_is_told_apart(
    harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    job = make_job(micro, make_spec("tributary-prose"), limits=Limits(file_bytes=10_000))
    failure = failure_of(harness, job, tmp_path)
    assert (failure.code, failure.whose, failure.retryable) == ("disk_full", "hub", True)


@pytest.mark.parametrize("warm", [True, False])
def test_too_much_memory_ends_the_run(micro: Path, tmp_path: Path, warm: bool) -> None:
    harness = LmEvalHarness(HARNESS_PYTHON, warm=warm)
    failure = failure_of(harness, make_job(micro, limits=Limits(rss_bytes=100 << 20)), tmp_path)
    assert failure.code == "out_of_memory"
    assert "100 MiB" in failure.message


def test_a_limit_of_time_ends_the_run(harness: LmEvalHarness, micro: Path, tmp_path: Path) -> None:
    failure = failure_of(harness, make_job(micro, limits=Limits(wall_seconds=0.5)), tmp_path)
    assert (failure.code, failure.retryable) == ("timed_out", False)


def test_a_cancelled_run_ends_before_its_model_is_loaded(micro: Path, tmp_path: Path) -> None:
    # Cold: a warm child has imported everything before anybody can say a word.
    harness = LmEvalHarness(HARNESS_PYTHON, warm=False)
    seen: list[Progress] = []

    def cancelled() -> bool:
        return bool(seen) and seen[-1].stage == "import"

    with pytest.raises(HarnessFailure) as caught:
        harness.evaluate(make_job(micro), tmp_path, on_progress=seen.append, cancelled=cancelled)
    assert caught.value.code == "cancelled"
    assert seen[-1].stage == "import"


def runner(tmp_path: Path, body: str) -> LmEvalHarness:
    """A harness whose child is `body`; `tell` in it writes a line of events."""
    script = tmp_path / "runner.py"
    start = "import json, os, sys\ndef tell(text): os.write(int(sys.argv[3]), text.encode())\n"
    script.write_text(start + body)
    return LmEvalHarness(HARNESS_PYTHON, runner=script)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ("print('Segmentation fault'); os.abort()", "harness_crashed", "134"),
        ("sys.exit(1)", "harness_crashed", "exit status 1"),
        ("tell('Loading: 10%\\n')", "bad_output", "not JSON"),
        ("tell('x' * 200_000)", "bad_output", "not JSON"),
        ("tell('[' * 60_000 + '\\n')", "bad_output", "not JSON"),
        ('tell(\'{"ev": "done"}\\n\')', "bad_output", "without results"),
        ('tell(\'{"ev": "error", "code": "made_up"}\\n\')', "harness_crashed", ""),
        ("os.kill(os.getpid(), 9)", "out_of_memory", "ran out of memory"),
    ],
)
def test_a_harness_that_misbehaves_never_gives_a_score(
    micro: Path, tmp_path: Path, body: str, code: str, says: str
) -> None:
    failure = failure_of(runner(tmp_path, body), make_job(micro), tmp_path / "work")
    assert (failure.code, failure.whose) == (code, "hub")
    assert says in failure.message


def test_a_run_without_progress_is_stalled(micro: Path, tmp_path: Path) -> None:
    # A child that never speaks: one that measures may be done within any limit short enough for a test.
    silent = runner(tmp_path, "import time; time.sleep(600)")
    job = make_job(micro, limits=Limits(stall_seconds=0.5))
    failure = failure_of(silent, job, tmp_path / "work")
    assert (failure.code, failure.retryable) == ("stalled", True)


def test_the_last_lines_of_the_log_come_with_a_failure(micro: Path, tmp_path: Path) -> None:
    body = "print('x' * 100_000); print('the last line'); sys.exit(1)"
    failure = failure_of(runner(tmp_path, body), make_job(micro), tmp_path / "work")
    assert failure.log_tail.endswith("the last line")
    assert len(failure.log_tail) <= 8192


def test_an_interpreter_that_is_not_there_is_unavailable(micro: Path, tmp_path: Path) -> None:
    harness = LmEvalHarness(tmp_path / "python")
    assert failure_of(harness, make_job(micro), tmp_path / "work").code == "unavailable"


def test_an_interpreter_that_only_fails_has_crashed(micro: Path, tmp_path: Path) -> None:
    false = LmEvalHarness(Path("/bin/false"))
    assert failure_of(false, make_job(micro), tmp_path / "work").code == "harness_crashed"


def test_results_of_an_earlier_try_are_not_taken_for_these(micro: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "results.json").write_text('{"format": 1, "measurements": []}')
    body = """tell('{"ev": "done"}\\n')"""
    failure = failure_of(runner(tmp_path, body), make_job(micro), tmp_path / "work")
    assert "without results" in failure.message
