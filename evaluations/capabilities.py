"""What a recipe asks of a worker beside its queue, and what the worker in this process has.

Words that both use: "network", "gated", "code_sandbox" (what an operator lets evaluations have),
"vllm", "bitsandbytes", "gguf", "peft", "gptqmodel" (what its harness interpreter can import), and
"endpoint:<name>" (a server of models that its settings name).
"""

import subprocess
from functools import cache

from django.conf import settings

from evaluations.harness.lm_eval import backend_args
from evaluations.models import Recipe

# What a back end may need of the interpreter, by the name under which it is installed.
PACKAGES = ("bitsandbytes", "gguf", "gptqmodel", "peft", "vllm")
FIND = "import importlib.util as u, sys; print(*(n for n in sys.argv[1:] if u.find_spec(n)))"
# Of BenchmarkVersion.needs: the queue says it already.
BY_QUEUE = frozenset({"gpu"})


def needs_of(recipe: Recipe) -> frozenset[str]:
    """What a worker must have to take a run of `recipe`, the queue and the harness apart."""
    asked = frozenset(recipe.benchmark_version.needs) - BY_QUEUE
    return asked | backend_args.needs(recipe.backend, recipe.backend_args)


def backends_here() -> tuple[str, ...]:
    """What this worker's interpreter can import and which endpoints its settings name; sorted.

    Starts the interpreter once a process (30 ms), and loads nothing: empty where it does not run.
    """
    endpoints = (f"endpoint:{name}" for name in settings.ENDPOINTS)
    return tuple(sorted({*_importable(str(settings.HARNESS_PYTHON)), *endpoints}))


def capabilities_here() -> tuple[str, ...]:
    """What the operator lets evaluations on this machine have; sorted."""
    return tuple(sorted(settings.WORKER_CAPABILITIES))


@cache
def _importable(interpreter: str) -> tuple[str, ...]:
    command = [interpreter, "-I", "-c", FIND, *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60, env={})
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(done.stdout.decode().split())
