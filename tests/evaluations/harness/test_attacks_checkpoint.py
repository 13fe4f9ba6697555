"""What a repository may hold to run code, to change a score, or to take a worker with it.

`free` shows, with the libraries as they come, that each attack works; then the real child is tried.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Limits
from tests.evaluations.harness.hostile_models import (
    CODE,
    ESCAPE,
    MARK,
    catastrophic_regex,
    change,
    plant_code,
    template,
)
from tests.evaluations.harness.jobs import (
    failure_of,
    make_job,
    make_spec,
    read_tensors,
    run,
    write_tensors,
)
from tests.toys import HARNESS_PYTHON, copy_of

FREE = """
import contextlib, json, sys, torch, transformers
folder = sys.argv[1]
seen = {}
def heard(name):
    try: seen[name] = open("ran").read()
    except FileNotFoundError: seen[name] = ""
    open("ran", "w").close()
model = transformers.AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
heard("auto_map")
model = transformers.AutoModelForCausalLM.from_pretrained(folder)
with contextlib.suppress(RuntimeError):
    torch.load(folder + "/pytorch_model.bin", weights_only=False)
heard("pickle")
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
asked = tokenizer("The capital of France is", return_tensors="pt").input_ids
def answer(**options):
    return model.generate(asked, max_new_tokens=12, do_sample=False, **options)[0].tolist()
plain = answer(repetition_penalty=1.0)
model.generation_config.repetition_penalty = 3.0
seen["generation_config"] = answer() != plain
sys.path.insert(0, folder)
for name in [name for name in sys.modules if name.split(".")[0] == "tqdm"]: del sys.modules[name]
import tqdm
heard("module")
print(json.dumps(seen))
"""


def test_these_attacks_work_on_the_libraries_as_they_come(micro: Path, tmp_path: Path) -> None:
    folder = copy_of(micro, tmp_path / "checkpoint")
    plant_code(folder)
    done = subprocess.run(
        [str(HARNESS_PYTHON), "-c", FREE, str(folder)],
        cwd=tmp_path,
        env={"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert {line.split(".")[-1] for line in seen["auto_map"].split()} == {"own", "generate"}
    assert (seen["pickle"], seen["module"]) == ("pickle\n", "tqdm\n")
    assert seen["generation_config"]


def test_no_code_of_a_repository_runs_and_no_score_changes(micro: Path, tmp_path: Path) -> None:
    # Cold: a warm child has imported already what a module in its folder could stand for.
    harness = LmEvalHarness(HARNESS_PYTHON, warm=False)
    folder = copy_of(micro, tmp_path / "checkpoint")
    plant_code(folder)
    penalty = {"eos_token_id": 2, "repetition_penalty": 3.0, "do_sample": True}
    (folder / "generation_config.json").write_text(json.dumps(penalty))
    scratch = tmp_path / "hostile" / "scratch"
    scratch.mkdir(parents=True)
    for name in ("tqdm.py", "json.py"):
        (scratch / name).write_text(CODE)
    specs = [
        make_spec("tributary-arithmetic", limit=12),
        make_spec("tributary-capitals", limit=12, apply_chat_template=True),
    ]
    honest = run(harness, make_job(micro, *specs), tmp_path / "honest")
    hostile = run(harness, make_job(folder, *specs), tmp_path / "hostile")
    assert not list((tmp_path / "hostile").rglob(MARK))
    for ours, theirs in zip(honest.measurements, hostile.measurements, strict=True):
        assert theirs.outcomes == ours.outcomes
        assert theirs.samples_path.read_bytes() == ours.samples_path.read_bytes()
    assert any("auto_map" in warning for warning in hostile.warnings)


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
HOARD = "{% set hoard = 'a' * 6000000000 %}"


@pytest.mark.parametrize(
    ("spoil", "code", "limits"),
    [
        (template(LOOP), "stalled", {"stall_seconds": 5.0}),
        (template(HOARD), "out_of_memory", {"rss_bytes": 1 << 30}),
        (template(ESCAPE), "not_a_model", {}),
        (catastrophic_regex, "not_a_model", {}),
    ],
    ids=["template that loops", "template that hoards", "template that escapes", "regex"],
)
def test_what_renders_and_splits_prompts_may_fail_but_not_take_the_worker_with_it(
    harness: LmEvalHarness,
    spoilt: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
    limits: dict[str, Any],
) -> None:
    spoil(spoilt)
    spec = make_spec("tributary-capitals", limit=4, apply_chat_template=True)
    job = make_job(spoilt, spec, limits=Limits(wall_seconds=60, **limits))
    failure = failure_of(harness, job, tmp_path / "work")
    assert (failure.code, failure.retryable) == (code, code == "stalled"), failure.log_tail


def overlapping(header: dict[str, Any]) -> None:
    first, second = [name for name in header if name != "__metadata__"][:2]
    header[first]["data_offsets"] = header[second]["data_offsets"]
    header[first]["shape"] = header[second]["shape"]


def outside(header: dict[str, Any]) -> None:
    name = next(name for name in header if name != "__metadata__")
    begin, end = header[name]["data_offsets"]
    header[name]["data_offsets"] = [begin + (1 << 40), end + (1 << 40)]


def endless_shape(header: dict[str, Any]) -> None:
    name = next(name for name in header if name != "__metadata__")
    header[name]["shape"] = [1 << 62, 1 << 62]


def negative(header: dict[str, Any]) -> None:
    name = next(name for name in header if name != "__metadata__")
    # Two of them, and the product is what it was.
    header[name]["shape"] += [-1, -1]


def infinite(header: dict[str, Any]) -> None:
    name = next(name for name in header if name != "__metadata__")
    header[name]["shape"] = [float("inf")]


def many_dimensions(header: dict[str, Any]) -> None:
    name = next(name for name in header if name != "__metadata__")
    header[name]["shape"] += [1] * 100


@pytest.mark.parametrize(
    "lie", [overlapping, outside, endless_shape, negative, infinite, many_dimensions]
)
def test_a_header_that_lies_is_found_before_anything_maps_the_file(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path, lie: Callable[[dict[str, Any]], None]
) -> None:
    path = spoilt / "model.safetensors"
    header, data = read_tensors(path)
    lie(header)
    write_tensors(path, header, data)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("not_a_model", "preflight")


GPT2 = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_head": 8}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"num_hidden_layers": 20_000}, "20000 is over 512"),
        ({"n_layer": 20_000, "n_embd": 64, **GPT2}, "20000 is over 512"),
        ({"n_layer": 96, "n_embd": 8192, **GPT2}, "describes at least"),
        (
            {"n_layer": 96, "n_embd": 8192, **GPT2, "quantization_config": {"bits": 4}},
            "describes at least",
        ),
        ({"hidden_size": [32]}, "hidden_size is no number"),
        ({"num_hidden_layers": 1e300}, "is over 512"),
        ({"max_position_embeddings": 1 << 40}, "is over"),
    ],
)
def test_a_config_that_claims_a_giant_is_refused_before_it_is_built(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path, config: dict[str, Any], says: str
) -> None:
    change(spoilt / "config.json", **config)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("config_mismatch", "preflight")
    assert says in failure.message


def nested(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("[" * 200_000)


def no_object(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("[]")


def giant_number(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"model_max_length": ' + "9" * 100_000 + "}")


def endless_vocabulary(folder: Path) -> None:
    tokens = [{"id": number, "content": str(number)} for number in range(300_000)]
    change(folder / "tokenizer.json", added_tokens=tokens)


def long_regex(folder: Path) -> None:
    pattern = {"Regex": "(a?)" * 20_000}
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    change(folder / "tokenizer.json", pre_tokenizer={"type": "Sequence", "pretokenizers": [split]})


def long_template(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{# #}" * (1 << 18))


def endless_file(folder: Path) -> None:
    with (folder / "tokenizer.model").open("wb") as file:
        file.truncate(65 << 20)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (endless_file, "tokenizer.model is larger than 64 MiB"),
        (nested, "tokenizer.json is not JSON"),
        (no_object, "tokenizer.json is not a JSON object"),
        (giant_number, "tokenizer_config.json is not JSON"),
        (endless_vocabulary, "adds 300000 tokens"),
        (long_regex, "a pattern of 80000 characters"),
        (long_template, "chat_template.jinja is larger than"),
    ],
)
def test_a_tokenizer_is_looked_at_before_any_library_reads_it(
    harness: LmEvalHarness,
    spoilt: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    says: str,
) -> None:
    spoil(spoilt)
    failure = failure_of(harness, make_job(spoilt), tmp_path / "work")
    assert (failure.code, failure.stage) == ("not_a_model", "preflight")
    assert says in failure.message


def test_links_to_the_hubs_own_blobs_are_followed_and_no_others(
    harness: LmEvalHarness, spoilt: Path, tmp_path: Path
) -> None:
    """A store on another file system than the runs' folder is linked to, not into."""
    name = "0" * 64
    blob = tmp_path / "store" / "blobs" / "00" / "00" / name
    blob.parent.mkdir(parents=True)
    weights = spoilt / "model.safetensors"
    weights.rename(blob)
    weights.symlink_to(blob)
    job = make_job(spoilt, make_spec("tributary-prose", limit=4))
    assert run(harness, job, tmp_path / "work").measurements[0].n == 4
    weights.unlink()
    elsewhere = blob.rename(tmp_path / "weights")
    weights.symlink_to(elsewhere)
    assert failure_of(harness, job, tmp_path / "again").code == "unsafe_files"
