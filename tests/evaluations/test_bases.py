"""What an adapter is measured on, and what it takes to ask for that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluations.actions.request import request_for_boards, request_runs
from evaluations.actions.settle_base import settle_base
from evaluations.bases import base_of, digest_on, lay_out, needs_of_checkpoint, parts_of
from evaluations.harness.protocol import HarnessFailure
from evaluations.models import Recipe
from hub import store
from hub.manifest import FileRow, Manifest, kind_of
from hub.models import Checkpoint, LineageEdge, ModelVariant, User
from hub.refusal import Refusal
from tests.factories import (
    make_board,
    make_checkpoint,
    make_manifest,
    make_recipe,
    make_score,
    make_variant,
    sha256_of,
)

pytestmark = pytest.mark.django_db

BASE = "headwaters/spring"


def stored(path: str, data: bytes) -> FileRow:
    return {"path": path, "size": len(data), "sha256": store.default().add_bytes(data)}


def make_adapter(named: str = BASE, salt: str = "adapter") -> Checkpoint:
    """An adapter whose config says that it was trained on `named`; its files lie in the store."""
    config = json.dumps({"peft_type": "LORA", "base_model_name_or_path": named}).encode()
    rows = [
        stored("adapter_config.json", config),
        stored("adapter_model.safetensors", salt.encode()),
    ]
    return make_checkpoint(manifest=Manifest.of(sha256_of(salt)[:40], rows))


def adapts(child: Checkpoint, parent: ModelVariant | None, commit: str = "") -> LineageEdge:
    return LineageEdge.objects.create(
        child=child.variant,
        parent=parent,
        parent_name=str(parent or "nobody/knows"),
        relation="adapter",
        parent_commit=commit,
    )


@pytest.fixture
def base() -> Checkpoint:
    return make_checkpoint(make_variant(BASE))


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["config.json", "model.safetensors"], "model"),
        (["adapter_config.json", "adapter_model.safetensors"], "adapter"),
        (["config.json", "adapter_config.json", "adapter_model.safetensors"], "adapter"),
        (["adapter_config.json", "adapter_model.safetensors", "model.safetensors"], "model"),
        (["adapter_config.json"], "model"),
        (["q4.gguf", "q8.gguf", "config.json"], "gguf"),
        (["q4.gguf", "model.safetensors"], "model"),
        (["sub/q4.gguf"], "model"),
        ([], "model"),
    ],
)
def test_what_lies_in_the_root_says_what_it_is(paths: list[str], kind: str) -> None:
    assert kind_of(paths) == kind


def test_a_whole_model_has_no_base_and_keeps_its_digest(base: Checkpoint) -> None:
    before = base.digest
    settle_base(base)
    base.refresh_from_db()
    assert (base.base, base.digest, needs_of_checkpoint(base)) == (None, before, frozenset())


def test_the_lineage_names_the_base_and_its_commit(base: Checkpoint) -> None:
    newer = make_checkpoint(base.variant, make_manifest("newer"))
    adapter = make_adapter()
    adapts(adapter, base.variant, base.commit)
    assert base_of(adapter) == base
    adapter.variant.parent_edges.update(parent_commit="")
    assert base_of(adapter) == newer
    assert needs_of_checkpoint(adapter) == {"peft"}


def test_an_adapter_without_a_known_base_is_refused_with_what_to_do(base: Checkpoint) -> None:
    adapter = make_adapter()
    with pytest.raises(Refusal, match="Add the base as its parent") as caught:
        base_of(adapter)
    assert caught.value.code == "no_base"
    edge = adapts(adapter, None)
    with pytest.raises(Refusal, match="nobody/knows is not in the catalogue") as caught:
        base_of(adapter)
    assert caught.value.code == "base_unknown"
    edge.parent, edge.parent_commit = base.variant, "f" * 40
    edge.save()
    with pytest.raises(Refusal, match="does not have its base") as caught:
        base_of(adapter)
    assert caught.value.code == "base_commit_unknown"


def test_an_adapter_of_two_bases_or_of_an_adapter_is_refused(base: Checkpoint) -> None:
    adapter, other = make_adapter(), make_adapter(salt="other")
    adapts(adapter, other.variant)
    with pytest.raises(Refusal) as caught:
        base_of(adapter)
    assert caught.value.code == "base_not_whole"
    adapts(adapter, base.variant)
    with pytest.raises(Refusal) as caught:
        base_of(adapter)
    assert caught.value.code == "several_bases"


def test_a_request_settles_what_is_measured_and_its_digest_covers_both(
    base: Checkpoint, ann: User
) -> None:
    adapter = make_adapter()
    own = adapter.digest
    adapts(adapter, base.variant)
    (run,) = request_runs(actor=ann, checkpoint=adapter, recipes=[make_recipe()])
    adapter.refresh_from_db()
    assert adapter.base == base
    assert adapter.digest == digest_on(adapter, base) == run.items.get().checkpoint_digest != own
    assert adapter.manifest.digest == own
    # The same adapter on another base is another thing to measure.
    assert digest_on(adapter, make_checkpoint()) != adapter.digest


def test_the_same_adapter_on_the_same_base_is_never_computed_twice(
    base: Checkpoint, ann: User
) -> None:
    recipe = make_recipe()
    for salt in ("same", "same"):
        adapter = make_adapter(salt=salt)
        adapts(adapter, base.variant)
        runs = request_runs(actor=ann, checkpoint=adapter, recipes=[recipe])
    assert runs == []


def test_who_merges_an_adapter_before_its_base_is_told_nothing_and_nothing_runs(ann: User) -> None:
    recipe = make_recipe()
    make_board(recipes=[recipe], automatic=True)
    assert request_for_boards(actor=ann, checkpoint=make_adapter()) == []


def test_numbers_on_two_bases_are_never_mixed(base: Checkpoint) -> None:
    adapter = make_adapter()
    edge = adapts(adapter, base.variant)
    settle_base(adapter)
    edge.parent = make_checkpoint().variant
    edge.save()
    # Nothing was measured yet: the lineage was corrected in time.
    settle_base(adapter)
    make_score(adapter, make_recipe(), 0.5)
    edge.parent = base.variant
    edge.save()
    with pytest.raises(Refusal) as caught:
        settle_base(adapter)
    assert caught.value.code == "base_changed"


def nothing_is_missing() -> None:
    raise AssertionError("It was here, and was fetched again.")


def test_both_are_fetched_and_laid_out(base: Checkpoint, tmp_path: Path) -> None:
    rows = [stored("config.json", b"{}"), stored("model.safetensors", b"weights")]
    base = make_checkpoint(base.variant, Manifest.of("a" * 40, rows))
    adapter = make_adapter()
    adapter.base = base
    assert parts_of(adapter, [Recipe()]) == [adapter, base]
    checkpoint, laid = lay_out([adapter, base], tmp_path, fetch=nothing_is_missing)
    assert laid is not None
    assert (laid / "model.safetensors").read_bytes() == b"weights"
    assert (checkpoint / "adapter_config.json").exists()


def test_an_adapter_that_names_another_base_than_its_lineage_is_the_submitters_turn(
    base: Checkpoint, tmp_path: Path
) -> None:
    adapter = make_adapter(named="/home/somebody/secret-model")
    adapter.base = base
    with pytest.raises(HarnessFailure, match="the lineage says headwaters/spring") as caught:
        lay_out([adapter, base], tmp_path, fetch=nothing_is_missing)
    assert (caught.value.code, caught.value.whose) == ("foreign_base", "submitter")
    assert not (tmp_path / "checkpoint").exists()


def test_a_base_is_known_under_its_former_name(base: Checkpoint, tmp_path: Path) -> None:
    base.variant.former_names.create(owner="old", name="Spring")
    adapter = make_adapter(named="OLD/spring")
    light = parts_of(base, [Recipe(backend="endpoint")])
    assert [row["path"] for row in light[0].files] == ["config.json"]
    empty = make_checkpoint(base.variant, Manifest.of("b" * 40, []))
    lay_out([adapter, empty], tmp_path, fetch=nothing_is_missing)
