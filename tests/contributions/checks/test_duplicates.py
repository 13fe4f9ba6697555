from typing import Any

import pytest

from contributions.actions.check import run_check
from contributions.models import Check, Contribution
from hub.manifest import Manifest
from hub.models import User
from tests.contributions.stories import head_checks, pinned, submitted
from tests.factories import make_checkpoint, make_dataset, make_manifest, make_variant

pytestmark = pytest.mark.django_db


def duplicates(contribution: Contribution, manifest: Manifest | None = None) -> Check:
    Check.objects.filter(version__contribution=contribution, name="origin").update(
        state="passed", findings=pinned(contribution, manifest)
    )
    run_check(check_id=head_checks(contribution)["duplicates"].pk, worker="test")
    return head_checks(contribution)["duplicates"]


def with_other_config(manifest: Manifest) -> Manifest:
    weights = [file for file in manifest.files if file["path"] != "config.json"]
    return Manifest.of("c" * 40, weights)


def test_what_is_new_passes_and_leaves_its_digest(brook: Contribution) -> None:
    check = duplicates(brook)
    assert (check.state, check.findings["weights_digest"]) == (
        "passed",
        make_manifest("headwaters/brook").weights_digest,
    )


def test_the_same_weights_under_another_name_fail(brook: Contribution) -> None:
    there = make_manifest("weights")
    make_checkpoint(make_variant("sea/salt"), there)
    check = duplicates(brook, with_other_config(there))
    assert (check.state, check.code, check.whose) == ("failed", "duplicate", "submitter")
    assert "sea/salt" in check.summary


def test_a_duplicate_that_says_so_is_welcome(ann: User) -> None:
    there = make_manifest("weights")
    make_checkpoint(make_variant("sea/salt"), there)
    edges: list[dict[str, Any]] = [{"parent_name": "Sea/Salt", "relation": "duplicate"}]
    assert duplicates(submitted(ann, edges=edges), with_other_config(there)).state == "passed"


def test_the_very_same_files_fail_whatever_is_declared(ann: User) -> None:
    there = make_manifest("weights")
    make_checkpoint(make_variant("sea/salt"), there)
    edges: list[dict[str, Any]] = [{"parent_name": "sea/salt", "relation": "duplicate"}]
    assert "exact files" in duplicates(submitted(ann, edges=edges), there).summary


def test_the_same_repository_under_another_name_fails(brook: Contribution) -> None:
    make_variant("sea/salt", repo_id="Headwaters/Brook")
    make_dataset("sea/salt", repo_id="headwaters/brook")
    assert "already, as sea/salt" in duplicates(brook).summary


def test_the_same_weights_in_another_open_contribution_are_told_by_number(
    sam: User, brook: Contribution
) -> None:
    manifest = make_manifest("weights")
    duplicates(brook, manifest)
    other = submitted(sam, "headwaters/creek")
    check = duplicates(other, manifest)
    assert (check.state, check.code) == ("warning", "proposed_elsewhere")
    assert f"#{brook.pk}" in check.summary
    brook.move_on("withdrawn")
    Check.objects.filter(pk=check.pk).update(state="queued")
    assert duplicates(other, manifest).state == "passed"
