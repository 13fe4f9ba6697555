"""Plain functions that make rows. Each needs nothing and takes everything."""

import functools
import hashlib
import itertools
from typing import Any

from django.contrib.auth.hashers import make_password

from evaluations.models import (
    Benchmark,
    BenchmarkVersion,
    Board,
    BoardRecipe,
    Recipe,
    Run,
    RunItem,
    Score,
)
from hub.manifest import Manifest
from hub.models import Checkpoint, Dataset, ModelVariant, Scope, User, WorkingGroup
from hub.models.user import Role

_numbers = itertools.count(1)

PASSWORD = "correct horse battery"


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def _hashed_password() -> str:
    """Hashed once a process: a slow hash a user would be most of the suite's time."""
    return make_password(PASSWORD)


def make_user(username: str = "", role: str = Role.MEMBER, **fields: Any) -> User:
    username = username or f"person-{next(_numbers)}"
    user = User(username=username, email=f"{username}@example.org", role=role, **fields)
    user.password = _hashed_password()
    user.save()
    return user


def make_scope(group: WorkingGroup, person: User, role: str = "reviewer", **fields: Any) -> Scope:
    return Scope.objects.create(group=group, person=person, role=role, **fields)


def make_variant(full_name: str = "", **fields: Any) -> ModelVariant:
    owner, _, name = (full_name or f"headwaters/brook-{next(_numbers)}").partition("/")
    defaults = {
        "repo_id": f"{owner}/{name}",
        "licence": "apache-2.0",
        "parameters": 482_000,
        "architecture": "LlamaForCausalLM",
    }
    return ModelVariant.objects.create(owner=owner, name=name, **{**defaults, **fields})


def make_dataset(full_name: str = "", **fields: Any) -> Dataset:
    owner, _, name = (full_name or f"headwaters/pool-{next(_numbers)}").partition("/")
    defaults = {"repo_id": f"{owner}/{name}", "licence": "cc-by-4.0"}
    return Dataset.objects.create(owner=owner, name=name, **{**defaults, **fields})


def make_manifest(salt: str = "") -> Manifest:
    salt = salt or f"bytes {next(_numbers)}"
    return Manifest.of(
        hashlib.sha1(salt.encode(), usedforsecurity=False).hexdigest(),
        [
            {"path": "config.json", "size": 600, "sha256": sha256_of(salt + "config")},
            {"path": "model.safetensors", "size": 1_928_000, "sha256": sha256_of(salt + "weights")},
        ],
        parameters=482_000,
        dtype="float32",
    )


def make_checkpoint(
    variant: ModelVariant | None = None, manifest: Manifest | None = None, **fields: Any
) -> Checkpoint:
    manifest = manifest or make_manifest()
    defaults = {
        "commit": manifest.commit,
        "files": list(manifest.files),
        "digest": manifest.digest,
        "weights_digest": manifest.weights_digest,
        "size": manifest.size,
        "dtype": manifest.dtype,
        "parameters": manifest.parameters,
    }
    return Checkpoint.objects.create(variant=variant or make_variant(), **{**defaults, **fields})


def make_benchmark_version(slug: str = "", **fields: Any) -> BenchmarkVersion:
    slug = slug or f"benchmark-{next(_numbers)}"
    benchmark, _ = Benchmark.objects.get_or_create(
        slug=slug, defaults={"name": slug.replace("-", " ").title()}
    )
    defaults = {
        "version": "1",
        "harness": "lm_eval",
        "task": slug.replace("-", "_"),
        "digest": sha256_of(slug),
        "metric": "acc",
        "chance": 0.25,
        "lower_bound": 0.0,
        "upper_bound": 1.0,
        "sample_count": 500,
    }
    return BenchmarkVersion.objects.create(benchmark=benchmark, **{**defaults, **fields})


def make_recipe(version: BenchmarkVersion | None = None, **fields: Any) -> Recipe:
    defaults = {"harness_version": "0.4.13", "seeds": [1234]}
    recipe = Recipe(benchmark_version=version or make_benchmark_version(), **{**defaults, **fields})
    recipe.digest = recipe.compute_digest()
    recipe.save()
    return recipe


def make_board(
    slug: str = "",
    recipes: list[Recipe] | None = None,
    weights: list[float] | None = None,
    **fields: Any,
) -> Board:
    slug = slug or f"board-{next(_numbers)}"
    defaults = {"title": slug.replace("-", " ").title(), "question": "Which is best?"}
    board = Board.objects.create(slug=slug, **{**defaults, **fields})
    recipes = recipes if recipes is not None else [make_recipe(), make_recipe()]
    for position, recipe in enumerate(recipes):
        BoardRecipe.objects.create(
            board=board,
            recipe=recipe,
            label=recipe.benchmark_version.benchmark.name[:40],
            weight=weights[position] if weights else 1.0,
            position=position,
        )
    return board


def make_run(
    checkpoint: Checkpoint | None = None, recipes: list[Recipe] | None = None, **fields: Any
) -> Run:
    checkpoint = checkpoint or make_checkpoint()
    recipes = recipes if recipes is not None else [make_recipe()]
    defaults = {"queue": "cpu"}
    if "requested_by" not in fields:
        fields["requested_by"] = make_user()
    run = Run.objects.create(checkpoint=checkpoint, **{**defaults, **fields})
    for recipe in recipes:
        RunItem.objects.create(run=run, recipe=recipe, checkpoint_digest=checkpoint.digest)
    return run


def make_score(checkpoint: Checkpoint, recipe: Recipe, value: float, **fields: Any) -> Score:
    """A published score, with the run that measured it."""
    version = recipe.benchmark_version
    if "run" not in fields:
        requester = User.objects.first() or make_user()
        fields["run"] = make_run(checkpoint, [recipe], state="published", requested_by=requester)
    defaults = {"checkpoint_digest": checkpoint.digest, "metric": version.metric, "n": 500}
    return Score.objects.create(
        checkpoint=checkpoint, recipe=recipe, value=value, **{**defaults, **fields}
    )
