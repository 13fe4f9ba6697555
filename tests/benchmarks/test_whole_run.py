"""A whole run through the hub against the stock command line, on the same model and tasks.

The hub's time is from the request to the published scores: nudge, claim, fetch from the hub's own mirror,
digests, preflight, measuring, recording. The worker runs already; its first run ("cold") finds no warm
parent, the later ones do. The model loads anew in all of them. Both take turns. Beside the seconds stand
those of processors, user and system, of the stock command and of all of the worker: on a machine that has
other things to do they are the ones to believe. Numbers are equal to the last digit, or the benchmark fails.
"""

import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from pytest_django import Settings

from evaluations.actions.request import request_runs
from evaluations.actions.seed import seed_suites
from evaluations.models import Board, Recipe, Run
from evaluations.suites.loader import FOLDER
from hub import origins
from hub.actions.host_repository import host_repository
from hub.manifest import Manifest
from hub.models import Checkpoint, User
from tests.factories import make_checkpoint, make_recipe, make_variant
from tests.running import ROOT, Worker, eventually, running_worker, worker_environment
from tests.toys import HARNESS_PYTHON, copy_of, micro_model

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
TURNS, TURNS_OF_MINUTES = 3, 2
SHOTS = range(1, 5)
CLOCK = os.sysconf("SC_CLK_TCK")
# By recipe digest.
Numbers = dict[str, float]

# 380 million random weights: minutes for the demo's questions on one thread.
LARGE = """
import sys, torch, transformers
source, target = sys.argv[1:]
config = transformers.AutoConfig.from_pretrained(source)
config.update(dict(hidden_size=1024, intermediate_size=3072, num_hidden_layers=28,
                   num_attention_heads=16, num_key_value_heads=16, head_dim=64))
torch.manual_seed(0)
transformers.AutoModelForCausalLM.from_config(config).save_pretrained(target)
transformers.AutoTokenizer.from_pretrained(source).save_pretrained(target)
"""


@contextmanager
def mirror(store: Path) -> Iterator[str]:
    """The hub's real mirror in a process of its own, over a store of its own; its HF_ENDPOINT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "hub.wsgi:application"]
    environment = worker_environment(STORE_DIR=str(store), SECURE_SSL_REDIRECT="0")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), within=60)
        yield f"http://127.0.0.1:{port}/mirror"
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return bool(httpx2.get(address, timeout=5).status_code == 200)
    except httpx2.HTTPError:
        return False


@dataclass(frozen=True)
class Timed:
    seconds: float
    cpu: float
    numbers: Numbers


@dataclass(frozen=True)
class Place:
    """A real worker, and a model on the hub's own mirror under several names."""

    ann: User
    worker: Worker
    model: Path
    folder: Path
    checkpoints: list[Checkpoint]

    def published(self, recipes: Sequence[Recipe]) -> Timed:
        """From the request to the scores, of a name that was not measured yet."""
        checkpoint = self.checkpoints.pop()
        cpu, started = cpu_of_tree(self.worker.process.pid), time.perf_counter()
        [run] = request_runs(actor=self.ann, checkpoint=checkpoint, recipes=recipes)
        eventually(lambda: Run.objects.get(pk=run.pk).state in Run.terminal_states(), within=1800)
        seconds = time.perf_counter() - started
        run.refresh_from_db()
        assert run.state == "published", run.failure_message
        values = dict(run.scores.values_list("recipe__digest", "value"))
        return Timed(seconds, cpu_of_tree(self.worker.process.pid) - cpu, values)

    def command_line(self, recipes: Sequence[Recipe]) -> Timed:
        """What one `lm-eval run` takes for `recipes`, which have as many examples, and what it finds."""
        versions = {each.digest: each.benchmark_version for each in recipes}
        out = self.folder / f"out-{time.monotonic_ns()}"
        command = [str(HARNESS_PYTHON), "-m", "lm_eval", "run", "--model", "hf", "--device", "cpu"]
        command += ["--model_args", f"pretrained={self.model},dtype=float32", "--batch_size", "16"]
        command += ["--include_path", str(FOLDER / "demo")]
        command += ["--tasks", *(each.task for each in versions.values())]
        command += ["--num_fewshot", str(recipes[0].n_shot)]
        command += ["--output_path", str(out), "--log_samples"]
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        cpu, started = cpu_of_children(), time.perf_counter()
        # In the folder of the task files: the stock command reads their data from where it stands.
        done = subprocess.run(
            command,
            cwd=FOLDER / "demo",
            env={**os.environ, **offline, "HF_HOME": str(out / "home")},
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - started
        assert done.returncode == 0, done.stderr[-2000:]
        [path] = out.rglob("results_*.json")
        results = json.loads(path.read_text())["results"]
        values = {
            digest: results[each.task][f"{each.metric},{each.filter}"]
            for digest, each in versions.items()
        }
        return Timed(seconds, cpu_of_children() - cpu, values)


def cpu_of_children() -> float:
    """Seconds of processors that this process's children took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of_tree(root: int) -> float:
    """Likewise of `root` and all below it, those among them that have ended."""
    parents, spent = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = file.read_text().rpartition(")")[2].split()
            pid = int(file.parent.name)
            parents[pid] = int(fields[1])
            spent[pid] = sum(map(int, fields[11:15])) / CLOCK
    tree, more = set(), {root}
    while more:
        tree |= more
        more = {pid for pid, parent in parents.items() if parent in more} - tree
    return sum(spent.get(pid, 0.0) for pid in tree)


Opened = Callable[[Path, int], Place]


@pytest.fixture
def place(ann: User, settings: Settings, tmp_path: Path) -> Iterator[Opened]:
    """The model in a folder, under so many names."""
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    seed_suites()
    with mirror(tmp_path / "mirror") as endpoint:
        settings.HF_ENDPOINT = endpoint

        def opened(model: Path, times: int) -> Place:
            names = [hosted(model, turn, tmp_path, settings) for turn in range(times)]
            settings.STORE_DIR = tmp_path / "store"
            entered = running_worker(folder=tmp_path, HARNESS_PYTHON=str(HARNESS_PYTHON))
            return Place(ann, closing.enter_context(entered), model, tmp_path, names)

        with ExitStack() as closing:
            yield opened
    shutil.rmtree(tmp_path / "mirror")


def demo_recipes() -> list[Recipe]:
    """Of the demo board: likelihoods, a perplexity, greedy answers."""
    columns = Board.objects.get(automatic=True).columns
    return [column.recipe for column in columns.select_related("recipe__benchmark_version")]


def told(ours: Sequence[Timed], theirs: Sequence[Timed]) -> str:
    """Medians, and the ratio of each pair."""
    sides = {
        "seconds": [[each.seconds for each in side] for side in (ours, theirs)],
        "of processors": [[each.cpu for each in side] for side in (ours, theirs)],
    }
    lines = []
    for name, (mine, stock) in sides.items():
        ratios = [a / b for a, b in zip(mine, stock, strict=True)]
        lines.append(
            f"  {name}: hub {statistics.median(mine):.1f}, lm-eval {statistics.median(stock):.1f}, "
            f"ratio {statistics.median(ratios):.3f} ({', '.join(f'{each:.3f}' for each in ratios)})"
        )
    lines.append(f"  seconds of the last run: {Run.objects.latest('pk').timings}")
    return "\n".join(lines)


def test_a_small_model_against_the_stock_command_line(
    place: Opened, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = place(copy_of(micro_model(tmp_path_factory), tmp_path / "model"), TURNS + 1)
    recipes = demo_recipes()
    cold = here.published(recipes)
    pairs = [(here.published(recipes), here.command_line(recipes)) for _ in range(TURNS)]
    assert all(timed.numbers == cold.numbers for pair in pairs for timed in pair)
    ours, theirs = zip(*pairs, strict=True)
    print(f"\nsmall model, cold {cold.seconds:.1f} s, {cold.cpu:.1f} s of processors; warm:")
    print(told(ours, theirs))


def test_eight_recipes_in_one_run_against_eight_stock_runs(
    place: Opened, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = place(copy_of(micro_model(tmp_path_factory), tmp_path / "model"), 2)
    here.published(demo_recipes())
    likelihoods, answers = (
        each for each in demo_recipes() if each.benchmark_version.higher_is_better
    )
    recipes = [
        make_recipe(each.benchmark_version, harness_version=each.harness_version, n_shot=shots)
        for each in (likelihoods, answers)
        for shots in SHOTS
    ]
    ours = here.published(recipes)
    theirs = [here.command_line([each]) for each in recipes]
    assert ours.numbers == {key: value for each in theirs for key, value in each.numbers.items()}
    alone = Timed(
        sum(each.seconds for each in theirs), sum(each.cpu for each in theirs), ours.numbers
    )
    print(f"\n{len(recipes)} recipes in one run against {len(theirs)} stock runs:")
    print(told([ours], [alone]))


def test_minutes_against_the_stock_command_line(
    place: Opened, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = tmp_path / "model"
    command = [str(HARNESS_PYTHON), "-c", LARGE, str(micro_model(tmp_path_factory)), str(model)]
    subprocess.run(command, check=True, capture_output=True)
    here = place(model, TURNS_OF_MINUTES)
    recipes = demo_recipes()
    pairs = []
    for _ in range(TURNS_OF_MINUTES):
        pairs.append((here.published(recipes), here.command_line(recipes)))
        print(
            f"\nhub, lm-eval: {[(round(each.seconds, 1), round(each.cpu, 1)) for each in pairs[-1]]}"
        )
    first, *others = (timed for pair in pairs for timed in pair)
    assert all(timed.numbers == first.numbers for timed in others)
    ours, theirs = zip(*pairs, strict=True)
    size = (model / "model.safetensors").stat().st_size >> 20
    print(f"\n{size} MiB of weights, the first run cold:")
    print(told(ours, theirs))


def hosted(model: Path, turn: int, tmp_path: Path, settings: Settings) -> Checkpoint:
    """The model on the mirror under a name of its own; other bytes each time, or nothing would run."""
    settings.STORE_DIR = tmp_path / "mirror"
    folder = copy_of(model, tmp_path / f"copy-{turn}")
    (folder / "turn.txt").write_text(str(turn))
    host_repository(folder=folder, owner="headwaters", name=f"turn-{turn}")
    settings.STORE_DIR = tmp_path / "probe"
    origin = origins.get()
    description = origin.describe(f"headwaters/turn-{turn}")
    manifest: Manifest = origin.manifest(description)
    return make_checkpoint(make_variant(description.repo_id), manifest)
