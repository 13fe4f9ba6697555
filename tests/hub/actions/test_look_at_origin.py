"""What a look at an origin writes down: the real client against our own mirror over HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from hub import drift, origins
from hub.actions import look_at_origin as looking
from hub.actions.edit_variant import edit_variant
from hub.actions.host_repository import host_repository
from hub.actions.look_around import claim_look, look_around
from hub.actions.look_at_origin import look_at_origin
from hub.actions.publish_variant import publish_variant
from hub.facts import VariantFacts
from hub.models import Checkpoint, Dataset, HostedCommit, HostedRepository, ModelVariant, User
from hub.models.hosted import RepositoryKind
from hub.origins import OriginError
from hub.snapshots import snapshot
from tests.factories import make_dataset, make_variant
from tests.hub.origins.misbehaving import misbehaving
from tests.hub.repositories import safetensors, write_repository
from tests.threads import at_once

pytestmark = [pytest.mark.urls("tests.hub.repositories"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.HF_TOKEN = ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "brook")


@pytest.fixture
def variant(folder: Path, cleo: User) -> ModelVariant:
    """Published from what the origin has, and seen there once."""
    host_repository(folder=folder, owner="headwaters", name="brook")
    origin = origins.get()
    variant = publish_variant(
        actor=cleo,
        facts=VariantFacts("headwaters", "brook", "headwaters/brook"),
        manifest=origin.manifest(origin.describe("headwaters/brook")),
    )
    assert look_at_origin(entry=variant) == []
    return variant


def told(changes: Sequence[object]) -> list[str]:
    return [change.kind for change in changes]  # type: ignore[attr-defined]


def push(folder: Path, name: str = "brook", **files: bytes) -> HostedCommit:
    for path, data in files.items():
        (folder / path.replace("__", ".")).write_bytes(data)
    return host_repository(folder=folder, owner="headwaters", name=name)


def remove() -> None:
    HostedCommit.objects.all().delete()
    HostedRepository.objects.all().delete()


def hours_pass(variant: ModelVariant, hours: float) -> None:
    since = variant.origin_missing_since
    assert since is not None
    rows = ModelVariant.objects.filter(pk=variant.pk)
    rows.update(origin_missing_since=since - timedelta(hours=hours))
    variant.refresh_from_db()


def test_the_first_look_learns_what_it_is(variant: ModelVariant) -> None:
    checkpoint = variant.checkpoints.get()
    repository = HostedRepository.objects.get()
    assert variant.origin_id == f"{repository.pk:024x}"
    assert (variant.origin_state, variant.origin_commit) == ("here", checkpoint.commit)
    assert variant.origin_digest == checkpoint.digest
    assert variant.origin_seen_at is not None
    hours = (variant.origin_look_at - timezone.now()) / timedelta(hours=1)  # type: ignore[operator]
    assert 21 < hours < 27
    assert not variant.origin_changes.exists()


def test_new_weights_make_the_scores_those_of_an_older_commit(
    variant: ModelVariant, folder: Path
) -> None:
    before = variant.checkpoints.get()
    commit = push(folder, model__safetensors=safetensors({"a": ("F32", [30])}))
    (change,) = look_at_origin(entry=variant)
    assert (change.kind, change.before, change.after) == ("commit", before.commit, commit.sha)
    assert drift.is_older(variant.checkpoints.get())
    assert drift.marks_of([before.pk]) == {before.pk: "newer_commit"}
    assert look_at_origin(entry=variant) == []


def test_a_commit_of_prose_alone_leaves_scores_what_they_are(
    variant: ModelVariant, folder: Path
) -> None:
    push(folder, README__md=b"# Brook\nBetter words.\n")
    assert told(look_at_origin(entry=variant)) == ["commit"]
    assert not drift.is_older(variant.checkpoints.get())
    assert not Checkpoint.objects.filter(drift.older()).exists()


def test_a_rename_is_followed_and_the_address_here_stays(
    variant: ModelVariant, folder: Path, cleo: User
) -> None:
    host_repository(folder=folder, owner="rivers", name="delta", renamed_from="headwaters/brook")
    (change,) = look_at_origin(entry=variant)
    assert (change.kind, change.before, change.after) == (
        "renamed",
        "headwaters/brook",
        "rivers/delta",
    )
    assert (variant.repo_id, variant.full_name) == ("rivers/delta", "headwaters/brook")
    assert not variant.former_names.exists()
    # An edit that began before does not put the old name back.
    facts = snapshot(variant).facts
    edit_variant(
        actor=cleo,
        variant=variant,
        facts=VariantFacts("headwaters", "brook", facts["repo_id"], summary="Renamed."),
    )
    variant.refresh_from_db()
    assert variant.repo_id == "rivers/delta"


def test_gone_is_said_after_hours_and_back_at_once(variant: ModelVariant, folder: Path) -> None:
    remove()
    assert look_at_origin(entry=variant) == []
    assert variant.origin_state == "here"
    hours_pass(variant, 5)
    assert look_at_origin(entry=variant) == []
    hours_pass(variant, 2)
    (change,) = look_at_origin(entry=variant)
    assert (change.kind, change.before, change.after) == (
        "gone",
        "headwaters/brook",
        "repo_not_found",
    )
    assert variant.origin_state == "gone"
    assert list(drift.marks_of([variant.checkpoints.get().pk]).values()) == ["gone"]
    assert look_at_origin(entry=variant) == []
    assert variant.checkpoints.exists()


def test_what_is_put_back_is_there_again(variant: ModelVariant, folder: Path) -> None:
    repository = HostedRepository.objects.get()
    HostedRepository.objects.update(private=True)
    look_at_origin(entry=variant)
    hours_pass(variant, 7)
    assert told(look_at_origin(entry=variant)) == ["gone"]
    HostedRepository.objects.filter(pk=repository.pk).update(private=False)
    assert told(look_at_origin(entry=variant)) == ["back"]
    assert (variant.origin_state, variant.origin_missing_since) == ("here", None)


def test_a_repository_that_comes_back_within_hours_was_never_gone(
    variant: ModelVariant, folder: Path
) -> None:
    HostedRepository.objects.update(private=True)
    look_at_origin(entry=variant)
    HostedRepository.objects.update(private=False)
    assert look_at_origin(entry=variant) == []
    assert variant.origin_missing_since is None


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (500, {}, "origin_down"),
        (503, {}, "origin_down"),
        (429, {"Retry-After": "7200"}, "rate_limited"),
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}, "bad_token"),
    ],
)
def test_an_origin_in_trouble_says_nothing_about_a_repository(
    variant: ModelVariant, settings: Settings, status: int, headers: dict[str, str], code: str
) -> None:
    with misbehaving({}) as server:
        settings.HF_ENDPOINT = server.url
        server.status, server.headers = status, headers
        for _ in range(2):
            with pytest.raises(OriginError) as error:
                look_at_origin(entry=variant)
            assert error.value.code == code
    variant.refresh_from_db()
    assert (variant.origin_state, variant.origin_missing_since) == ("here", None)


def test_the_next_look_comes_when_the_origin_wants_it(
    variant: ModelVariant, settings: Settings
) -> None:
    with misbehaving({}) as server:
        settings.HF_ENDPOINT = server.url
        server.status, server.headers = 429, {"Retry-After": "7200"}
        with pytest.raises(OriginError) as error:
            look_at_origin(entry=variant)
    assert error.value.retry_after == 7200
    variant.refresh_from_db()
    wait = variant.origin_look_at - timezone.now()  # type: ignore[operator]
    assert 7000 < wait.total_seconds() < 7300


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (404, {"X-Error-Code": "RepoNotFound"}, "repo_not_found"),
        (401, {}, "unauthorised"),
        (403, {}, "private"),
        (403, {"X-Error-Message": "Access to this resource is disabled."}, "disabled"),
    ],
)
def test_what_the_origin_said_of_what_is_gone_is_kept(
    variant: ModelVariant, settings: Settings, status: int, headers: dict[str, str], why: str
) -> None:
    with misbehaving({}) as server:
        settings.HF_ENDPOINT = server.url
        server.status, server.headers = status, headers
        look_at_origin(entry=variant)
        hours_pass(variant, 7)
        (change,) = look_at_origin(entry=variant)
    assert (change.kind, change.after) == ("gone", why)


def test_another_repository_under_the_name_takes_over_nothing(
    variant: ModelVariant, folder: Path
) -> None:
    ours, commit = variant.origin_id, variant.origin_commit
    remove()
    push(folder, model__safetensors=safetensors({"a": ("F32", [50])}))
    (change,) = look_at_origin(entry=variant)
    assert (change.kind, change.before) == ("replaced", ours)
    assert (variant.origin_state, variant.origin_id) == ("replaced", ours)
    assert variant.origin_commit == commit
    assert drift.is_older(variant.checkpoints.get())
    assert Checkpoint.objects.filter(drift.older()).count() == 1
    assert look_at_origin(entry=variant) == []


def test_a_hint_is_believed_only_of_the_very_repository(
    variant: ModelVariant, folder: Path
) -> None:
    """Renamed, and the old name was given to another one: no redirect leads on any more."""
    host_repository(folder=folder, owner="rivers", name="delta", renamed_from="headwaters/brook")
    HostedRepository.objects.update(former_names=[])
    push(folder)
    host_repository(folder=folder, owner="sam", name="else")
    assert told(look_at_origin(entry=variant, maybe_at="sam/else")) == ["replaced"]
    assert told(look_at_origin(entry=variant, maybe_at="rivers/delta")) == ["back", "renamed"]
    assert variant.repo_id == "rivers/delta"


def test_terms_are_noticed_both_ways(variant: ModelVariant) -> None:
    HostedRepository.objects.update(gated=True)
    assert told(look_at_origin(entry=variant)) == ["gated"]
    assert variant.origin_state == "gated"
    HostedRepository.objects.update(gated=False)
    assert told(look_at_origin(entry=variant)) == ["back"]


def test_datasets_are_looked_at_too(folder: Path) -> None:
    hosted = {"owner": "headwaters", "name": "pool", "kind": RepositoryKind.DATASET}
    host_repository(folder=folder, **hosted)  # type: ignore[arg-type]
    dataset = make_dataset("headwaters/pool")
    assert look_at_origin(entry=dataset) == []
    (folder / "data.txt").write_text("more")
    host_repository(folder=folder, **hosted)  # type: ignore[arg-type]
    assert told(look_at_origin(entry=dataset)) == ["commit"]
    assert Dataset.objects.get().origin_changes.count() == 1


def test_whoever_wants_to_know_is_told_after_the_commit(
    variant: ModelVariant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, list[str]]] = []
    hook = lambda entry, changes: heard.append((entry.full_name, told(changes)))  # noqa: E731
    monkeypatch.setattr(drift, "on_change", [hook])
    push(folder, README__md=b"# New\n")
    look_at_origin(entry=variant)
    assert heard == [("headwaters/brook", ["commit"])]


def test_a_look_at_what_was_edited_meanwhile_writes_nothing(
    variant: ModelVariant, folder: Path
) -> None:
    read_before = ModelVariant.objects.get()
    ModelVariant.objects.update(repo_id="headwaters/other")
    push(folder, README__md=b"# New\n")
    assert look_at_origin(entry=read_before) == []
    assert ModelVariant.objects.get().repo_id == "headwaters/other"


# --- Sweeping


def test_each_entry_is_looked_at_about_once_a_day(variant: ModelVariant, folder: Path) -> None:
    push(folder, README__md=b"# New\n")
    assert look_around() == 0
    ModelVariant.objects.update(origin_look_at=timezone.now())
    assert look_around() == 1
    assert variant.origin_changes.count() == 1
    assert look_around() == 0


def test_a_sweep_is_bounded_and_retired_entries_rest(variant: ModelVariant) -> None:
    for number in range(4):
        make_variant(f"headwaters/none-{number}")
    make_variant("headwaters/old", state="retired")
    assert look_around(most=3) == 3
    assert look_around() == 1
    assert look_around() == 0


def test_of_two_sweeps_one_looks(variant: ModelVariant) -> None:
    ModelVariant.objects.update(origin_look_at=None)
    claimed = at_once(4, lambda _: claim_look(variant))
    assert sorted(claimed) == [False, False, False, True]


def test_a_sweep_leaves_an_origin_in_trouble_alone(
    variant: ModelVariant, settings: Settings
) -> None:
    for number in range(3):
        make_variant(f"headwaters/none-{number}")
    with misbehaving({}) as server:
        settings.HF_ENDPOINT = server.url
        server.status, server.headers = 429, {"Retry-After": "600"}
        assert look_around() == 1
        asked = len(server.requests)
        assert look_around() == 0
        assert len(server.requests) == asked == 1


def test_an_unchanged_repository_costs_one_request(
    variant: ModelVariant, settings: Settings
) -> None:
    with misbehaving({}) as server:
        settings.HF_ENDPOINT = server.url
        server.info = {"id": "headwaters/brook", "sha": variant.origin_commit}
        assert look_at_origin(entry=variant) == []
        assert server.paths() == ["/api/models/headwaters/brook?expand=sha&expand=gated"]


def test_gone_needs_more_than_one_look() -> None:
    assert looking.GONE_AFTER.total_seconds() >= 2 * looking.MISSING_AGAIN_SECONDS
