"""What recipes ask of workers, and what this machine's interpreter really has."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from evaluations.actions.request import request_runs
from evaluations.actions.start import claim_next
from evaluations.capabilities import backends_here, capabilities_here, needs_of
from evaluations.harness.lm_eval.backend_args import problems
from evaluations.models import BenchmarkVersion, Recipe, Worker
from hub.models import User
from tests.factories import make_checkpoint, make_recipe
from tests.toys import HARNESS_PYTHON


def asking(backend: str = "hf", needs: tuple[str, ...] = (), **arguments: object) -> Recipe:
    version = BenchmarkVersion(needs=list(needs))
    return Recipe(benchmark_version=version, backend=backend, backend_args=arguments)


@pytest.mark.parametrize(
    ("recipe", "needed"),
    [
        (asking(), set()),
        (asking(needs=("network", "gpu")), {"network"}),
        (asking(needs=("code_sandbox", "gated")), {"code_sandbox", "gated"}),
        (asking(max_length=2048), set()),
        (asking(gguf_file="q8.gguf"), {"gguf"}),
        (asking(load_in_4bit=True), {"bitsandbytes"}),
        (asking(load_in_4bit=False), set()),
        (asking("vllm", ("network",)), {"vllm", "network"}),
        (asking("endpoint", endpoint="lab"), {"endpoint:lab"}),
    ],
)
def test_a_recipe_asks_for_what_its_benchmark_and_its_back_end_take(
    recipe: Recipe, needed: set[str]
) -> None:
    assert needs_of(recipe) == needed


def test_a_worker_has_what_its_interpreter_imports_and_its_settings_name(
    settings: Settings,
) -> None:
    settings.HARNESS_PYTHON = HARNESS_PYTHON
    settings.ENDPOINTS = {"lab": "http://127.0.0.1:1/v1"}
    settings.WORKER_CAPABILITIES = ["network", "code_sandbox"]
    here = backends_here()
    assert {"peft", "gguf", "endpoint:lab"} <= set(here)
    assert "vllm" not in here
    assert capabilities_here() == ("code_sandbox", "network")


def test_an_interpreter_that_is_not_there_has_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.HARNESS_PYTHON = tmp_path / "python"
    settings.ENDPOINTS = {}
    assert backends_here() == ()


@pytest.mark.parametrize(
    ("backend", "arguments", "says"),
    [
        ("sglang", {}, "no back end called sglang"),
        ("hf", {"trust_remote_code": True}, "takes no trust_remote_code"),
        ("hf", {"pretrained": "/etc"}, "takes no pretrained"),
        ("hf", {"max_length": "long"}, "max_length is not of its type"),
        ("hf", {"max_length": True}, "max_length is not of its type"),
        ("hf", {"device_map": "cpu"}, "only be auto"),
        ("hf", {"load_in_4bit": True, "load_in_8bit": True}, "not in both"),
        ("hf", {"gguf_file": "../../x.gguf"}, "in the root"),
        ("vllm", {"hf_overrides": {}}, "takes no hf_overrides"),
        ("endpoint", {}, "has to be named"),
        ("endpoint", {"endpoint": "x" * 21}, "up to 20"),
        ("endpoint", {"endpoint": "lab", "base_url": "http://x"}, "takes no base_url"),
        ("endpoint", {"endpoint": "lab", "api": "soap"}, "one of completions, chat"),
    ],
)
def test_a_recipe_has_no_say_about_paths_addresses_or_code(
    backend: str, arguments: dict[str, object], says: str
) -> None:
    assert says in " ".join(problems(backend, arguments))


@pytest.mark.parametrize(
    ("backend", "arguments"),
    [
        ("hf", {}),
        ("hf", {"device_map": "auto", "max_length": 4096, "load_in_8bit": True}),
        ("vllm", {"tensor_parallel_size": 2, "gpu_memory_utilization": 0.9}),
        ("endpoint", {"endpoint": "lab", "api": "chat"}),
    ],
)
def test_what_a_recipe_may_set_is_set(backend: str, arguments: dict[str, object]) -> None:
    assert list(problems(backend, arguments)) == []


@pytest.mark.django_db
def test_a_worker_without_a_back_end_never_takes_its_runs(ann: User) -> None:
    recipe = make_recipe(backend="vllm", harness_version="1")
    (run,) = request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[recipe])
    assert run.needs == ["lm_eval 1", "vllm"]
    worker = Worker.objects.create(name="cpu@here/1", queues=["cpu"], harnesses={"lm_eval": "1"})
    assert claim_next(queue="cpu", worker=worker.name) is None
    Worker.objects.update(backends=["vllm"])
    assert claim_next(queue="cpu", worker=worker.name) == run
