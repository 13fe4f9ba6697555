"""Every way a run can be spoilt from outside ends distinct and readable, half-writes nothing, and
leaves other runs alone. Real origin over HTTP, real store, real child processes."""

import json
import resource
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from evaluations.actions.evaluate import evaluate
from evaluations.actions.start import claim_next
from evaluations.models import Run, RunItem, Samples, Score
from hub import store
from tests.factories import make_benchmark_version, make_recipe, make_run
from tests.flows.origin import Origin, serving
from tests.running import checkpoint_of, claimed_run, fast_recipe, leftovers
from tests.toys import copy_of, micro_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro_model(tmp_path_factory)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of two files that nobody loads; enough for everything that fails before that."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"\0" * 200_000)
    return folder


@pytest.fixture
def origin(tmp_path: Path, small: Path, settings: Settings) -> Iterator[Origin]:
    """An origin for `small`, a store that has nothing yet, and one attempt for every run."""
    with serving(small) as origin:
        settings.HF_ENDPOINT = origin.address
        settings.STORE_DIR = tmp_path / "store"
        settings.ORIGIN_TIMEOUT = 0.3
        settings.MAX_ATTEMPTS = 1
        yield origin


def measured(folder: Path, **fields: Any) -> Run:
    """A run of the checkpoint in `folder`, brought to its end by a worker's own code."""
    recipes = fields.pop("recipes", None) or [fast_recipe()]
    make_run(checkpoint_of(folder), recipes, **fields)
    run = claim_next(queue="cpu", worker="test")
    assert run is not None
    evaluate(run)
    return Run.objects.get(pk=run.pk)


def assert_failed(run: Run, code: str, whose: str, stage: str) -> None:
    """It says what, where and whose; nothing of it is left; another run is unhurt."""
    assert (run.state, run.failure_code) == ("failed", code), run.failure_message
    assert (run.failure_whose, run.failure_stage) == (whose, stage)
    assert run.failure_message.strip().endswith((".", ")", "]"))
    assert len(run.failure_message) > 15
    assert not Score.objects.exists()
    assert not Samples.objects.exists()
    assert not RunItem.objects.filter(live=True).exists()
    assert leftovers() == []
    evaluate(other := claimed_run())
    assert Run.objects.get(pk=other.pk).state == "published"


@pytest.mark.parametrize(
    ("fault", "code", "whose"),
    [
        ("500", "origin_down", "hub"),
        ("404", "repo_not_found", "submitter"),
        ("403", "private", "submitter"),
        ("429", "rate_limited", "hub"),
        ("slow", "origin_slow", "hub"),
        ("truncated", "truncated", "hub"),
        ("altered", "checksum_mismatch", "hub"),
    ],
)
def test_an_origin_that_misbehaves_is_named(
    origin: Origin, small: Path, fault: str, code: str, whose: str
) -> None:
    origin.fault = fault
    run = measured(small)
    assert_failed(run, code, whose, "fetching")
    assert not any(store.default().has(row["sha256"]) for row in run.checkpoint.files[1:])


def test_an_origin_that_nobody_answers_at_is_down(
    origin: Origin, small: Path, settings: Settings
) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    assert_failed(measured(small), "origin_down", "hub", "fetching")


def test_an_origin_that_comes_back_is_asked_again_and_only_for_what_is_missing(
    origin: Origin, small: Path, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 2
    origin.fault = "500"
    run = measured(small)
    assert (run.state, run.failure_code) == ("queued", "origin_down")
    assert run.not_before is not None
    origin.fault = ""
    Run.objects.update(not_before=None)
    again = claim_next(queue="cpu", worker="test")
    assert again == run
    evaluate(again)
    published = Run.objects.get(pk=run.pk)
    assert (published.state, published.failure_code, published.attempt) == ("published", "", 2)
    origin.asked.clear()
    assert measured(small).state == "published"
    assert origin.asked == []


def test_a_full_disk_keeps_nothing_by_halves(origin: Origin, small: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        run = measured(small)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_failed(run, "disk_full", "hub", "fetching")
    assert list(store.default().partials.iterdir()) == []


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def pickle_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def not_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"once upon a time " * 500)


def wrong_shape(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 4096}))


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (without_config, "missing_config", "config.json"),
        (pickle_only, "not_a_model", "no .safetensors"),
        (not_weights, "not_a_model", "model.safetensors"),
        (wrong_shape, "config_mismatch", "config.json"),
    ],
)
def test_what_cannot_be_loaded_is_refused_before_any_library_sees_it(
    origin: Origin,
    micro: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
    says: str,
) -> None:
    folder = copy_of(micro, tmp_path / "spoilt")
    spoil(folder)
    origin.folder = folder
    run = measured(folder, recipes=[make_recipe()])
    assert_failed(run, code, "submitter", "preparing")
    assert says in run.failure_message


# A stand-in for the harness's interpreter: what a broken installation or a hostile model may make of it.
INTERPRETER = """#!{python}
import json, os, signal, sys, time
if "-c" in sys.argv:
    print(json.dumps({{"lm_eval": "0.4.13"}}))
    sys.exit()
job, out, events = sys.argv[-3], sys.argv[-2], int(sys.argv[-1])
tasks = json.load(open(job))["tasks"]
def tell(line):
    os.write(events, line.encode() + b"\\n")
tell('{{"ev": "stage", "stage": "load_model"}}')
print("the last words")
{body}
"""
DIES = "sys.exit(3)"
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
GARBAGE = 'tell("PANIC: not json")\ntime.sleep(20)'
SILENT = 'tell(\'{"ev": "done"}\')'
NAN = """
os.mkdir(out + "/samples")
open(out + "/samples/s.jsonl.gz", "w").close()
measurements = [{
    "recipe_digest": task["recipe_digest"], "seed": 1, "value": float("nan"), "stderr": 0.1,
    "outcomes": [1.0], "doc_hashes": ["x"], "n_total": 1, "task_hash": "", "task_version": "1",
    "higher_is_better": True, "samples": "s.jsonl.gz"} for task in tasks]
json.dump({"format": 1, "measurements": measurements, "versions": {}, "hardware": {},
           "timings": {}, "max_rss_bytes": 1}, open(out + "/results.json", "w"))
tell('{"ev": "done"}')
"""


def broken_interpreter(tmp_path: Path, body: str) -> Path:
    """In an environment that says what it was made from: a child sees nothing else."""
    (tmp_path / "bin").mkdir()
    shutil.copy(Path(sys.prefix, "pyvenv.cfg"), tmp_path)
    path = tmp_path / "bin" / "python"
    path.write_text(INTERPRETER.format(python=Path(sys.executable).resolve(), body=body))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("body", "code", "whose", "stage"),
    [
        (DIES, "harness_crashed", "hub", "running"),
        (KILLED, "out_of_memory", "hub", "running"),
        (GARBAGE, "bad_output", "hub", "running"),
        (SILENT, "bad_output", "hub", "scoring"),
        (NAN, "not_finite", "submitter", "scoring"),
    ],
    ids=["dies", "killed", "garbage", "silent", "nan"],
)
def test_a_harness_that_breaks_is_named_and_its_last_words_are_kept(
    origin: Origin,
    small: Path,
    tmp_path: Path,
    settings: Settings,
    body: str,
    code: str,
    whose: str,
    stage: str,
) -> None:
    settings.HARNESS_PYTHON = broken_interpreter(tmp_path, body)
    version = make_benchmark_version("sums")
    run = measured(small, recipes=[make_recipe(version)])
    assert_failed(run, code, whose, stage)
    assert "the last words" in run.log_tail


def test_without_an_interpreter_the_run_says_that_this_worker_cannot(
    origin: Origin, small: Path, settings: Settings
) -> None:
    settings.HARNESS_PYTHON = Path("/nonexistent/python")
    run = measured(small, recipes=[make_recipe()])
    assert_failed(run, "unavailable", "hub", "preparing")
