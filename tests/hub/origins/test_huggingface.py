import json
import ssl
import struct
import threading
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import constants, get_session
from pytest_django.fixtures import Settings

from hub import origins
from hub.manifest import Manifest
from hub.origins import OriginError, safetensors
from hub.origins.client import is_allowed
from hub.origins.reasons import KINDS
from hub.store import Store
from tests.hub.origins.conftest import WEIGHTS
from tests.hub.origins.misbehaving import COMMIT, Misbehaving, misbehaving, unused_port
from tests.hub.repositories import CARD
from tests.hub.repositories import safetensors as make_safetensors


def failure(revision: str = "main", repo_id: str = "a/b") -> OriginError:
    with pytest.raises(OriginError) as error:
        origins.get().describe(repo_id, revision)
    assert error.value.message.endswith(".")
    assert "{" not in error.value.message
    return error.value


def test_a_repository_is_described(hub: Misbehaving) -> None:
    hub.info = {"gated": "auto", "private": False, "tags": ["tiny", 3]}
    description = origins.get().describe("a/b")
    assert (description.repo_id, description.commit) == ("a/b", COMMIT)
    assert description.card_text == CARD
    assert (description.gated, description.private, description.tags) == (True, False, ("tiny",))
    assert {file.path for file in description.files} == set(hub.files)
    sizes = {file.path: (file.size, bool(file.sha256)) for file in description.files}
    assert sizes["model.safetensors"] == (len(WEIGHTS), True)
    assert not sizes["config.json"][1]
    assert len(hub.requests) == 2


def test_a_rename_is_followed_to_the_present_name(hub: Misbehaving) -> None:
    hub.info = {"id": "rivers/delta"}
    assert origins.get().describe("a/b").repo_id == "rivers/delta"


def test_a_manifest_names_every_evaluated_file(hub: Misbehaving, store: Store) -> None:
    origin = origins.get()
    manifest = origin.manifest(origin.describe("a/b"))
    assert isinstance(manifest, Manifest)
    assert [file["path"] for file in manifest.files] == ["config.json", "model.safetensors"]
    assert (manifest.parameters, manifest.dtype) == (500_020, "float32")
    config, weights = manifest.files
    assert store.verify(config["sha256"])
    assert not store.has(weights["sha256"])
    assert hub.sent < 1_000_000  # the header, not the weights


def test_the_weights_are_summed_up_from_their_headers(hub: Misbehaving) -> None:
    assert origins.get().weights_summary("a/b", COMMIT) == origins.WeightsSummary(
        500_020, "float32", 2
    )
    hub.ignore_range = True
    assert origins.get().weights_summary("a/b", COMMIT).parameters == 500_020


def test_a_long_header_takes_a_second_read(hub: Misbehaving) -> None:
    tensors = {f"layer.{n}.weight": ("F16", [2, 3]) for n in range(3000)}
    hub.files["model.safetensors"] = make_safetensors(tensors)
    summary = origins.get().weights_summary("a/b", COMMIT)
    assert (summary.parameters, summary.tensors) == (18_000, 3000)


def test_only_the_indexed_shards_count(hub: Misbehaving) -> None:
    shard = make_safetensors({"a": ("BF16", [4, 5])})
    del hub.files["model.safetensors"]
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    hub.files |= {
        "model-1.safetensors": shard,
        "model-2.safetensors": shard,
        "consolidated.safetensors": shard,
        safetensors.INDEX: json.dumps(index).encode(),
    }
    summary = origins.get().weights_summary("a/b", COMMIT)
    assert (summary.parameters, summary.dtype) == (40, "bfloat16")


@pytest.mark.parametrize(
    ("config", "tensors", "parameters", "dtype", "method"),
    [
        (
            {"quant_method": "gptq", "bits": 4},
            {"l.qweight": ("I32", [8, 16]), "l.qzeros": ("I32", [1, 2]), "l.scales": ("F16", [9])},
            1024,
            "int4",
            "gptq",
        ),
        (
            {"quant_method": "bitsandbytes", "load_in_4bit": True},
            {"l.weight": ("U8", [64, 1]), "l.weight.absmax": ("F32", [2]), "n": ("F16", [10])},
            138,
            "int4",
            "bitsandbytes",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"g": {"weights": {"num_bits": 8}}},
            },
            {"l.weight_packed": ("I32", [4]), "l.weight_scale": ("F16", [1])},
            16,
            "int8",
            "compressed-tensors",
        ),
        (None, {"l.weight": ("U8", [64])}, 64, "uint8", ""),
    ],
)
def test_packed_weights_are_counted_unpacked(
    hub: Misbehaving,
    config: dict[str, object] | None,
    tensors: dict[str, tuple[str, list[int]]],
    parameters: int,
    dtype: str,
    method: str,
) -> None:
    hub.files["model.safetensors"] = make_safetensors(tensors)
    hub.files["config.json"] = json.dumps({"quantization_config": config}).encode()
    summary = origins.get().weights_summary("a/b", COMMIT)
    assert (summary.parameters, summary.dtype, summary.quantization) == (parameters, dtype, method)


def test_gguf_and_nothing_say_so(hub: Misbehaving) -> None:
    del hub.files["model.safetensors"]
    assert origins.get().weights_summary("a/b", COMMIT) == origins.WeightsSummary(None, "")
    hub.files["model.gguf"] = b"GGUF"
    assert origins.get().weights_summary("a/b", COMMIT) == origins.WeightsSummary(None, "gguf")


MANY_DIMENSIONS = json.dumps(
    {"a": {"dtype": "F32", "shape": [1] * 100, "data_offsets": [0, 4]}}
).encode()


def packed(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


@pytest.mark.parametrize(
    "data",
    [
        b"short",
        packed(b"{}", 2**63),
        packed(b"{}", 26_000_000) + b"x" * 100,
        packed(b"[1, 2]"),
        packed(b"not json"),
        packed(b"[" * 9000),
        packed(b'{"a": {"dtype": "F32", "shape": [99999], "data_offsets": [0, 4]}}') + b"1234",
        packed(b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'),
        packed(b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}') + b"1234",
        packed(b'{"a": {"dtype": "Q9", "shape": [1], "data_offsets": [0, 4]}}') + b"1234",
        packed(b'{"a": {"dtype": "F32", "shape": ["1"], "data_offsets": [0, 4]}}') + b"1234",
        packed(b'{"a": {"dtype": "F32", "data_offsets": [0, 4]}}') + b"1234",
        packed(MANY_DIMENSIONS) + b"1234",
    ],
)
def test_a_hostile_header_is_refused(hub: Misbehaving, data: bytes) -> None:
    hub.files["model.safetensors"] = data
    with pytest.raises(OriginError) as error:
        origins.get().weights_summary("a/b", COMMIT)
    assert error.value.code == "bad_weights"
    assert error.value.whose == "submitter"


@pytest.mark.parametrize(
    ("status", "headers", "code", "whose", "retryable"),
    [
        (401, {"X-Error-Code": "RepoNotFound"}, "repo_not_found", "submitter", False),
        (404, {"X-Error-Code": "RevisionNotFound"}, "revision_not_found", "submitter", False),
        (403, {"X-Error-Code": "GatedRepo"}, "gated", "submitter", False),
        (401, {}, "unauthorised", "submitter", False),
        (403, {}, "private", "submitter", False),
        (404, {}, "repo_not_found", "submitter", False),
        (
            401,
            {"X-Error-Message": "Invalid credentials in Authorization header"},
            "bad_token",
            "hub",
            False,
        ),
        (
            403,
            {"X-Error-Message": "Access to this resource is disabled."},
            "disabled",
            "submitter",
            False,
        ),
        (400, {}, "refused", "hub", False),
        (429, {"Retry-After": "120"}, "rate_limited", "hub", True),
        (418, {}, "refused", "hub", False),
        (500, {}, "origin_down", "hub", True),
        (503, {}, "origin_down", "hub", True),
    ],
)
def test_every_status_has_its_own_reason(
    hub: Misbehaving,
    status: int,
    headers: dict[str, str],
    code: str,
    whose: str,
    *,
    retryable: bool,
) -> None:
    hub.status, hub.headers = status, headers
    error = failure()
    assert (error.code, error.whose, error.retryable) == (code, whose, retryable)
    if status == 429:
        assert "for 120 seconds" in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b"[]",
        b"null",
        b'{"id": "a/b"}',
        b'{"sha": 1, "siblings": [3]}',
        b"\xff",
    ],
)
def test_what_is_not_a_hub_is_named(hub: Misbehaving, body: bytes) -> None:
    hub.body = body
    assert failure().code == "not_the_hub"


def test_a_silent_origin_is_slow(hub: Misbehaving) -> None:
    hub.hang.set()
    error = failure()
    assert (error.code, error.retryable) == ("origin_slow", True)
    assert "0.5 seconds" in error.message


def test_a_refused_connection_is_down(settings: Settings) -> None:
    settings.HF_ENDPOINT = f"http://127.0.0.1:{unused_port()}"
    assert failure().code == "origin_down"


def test_tls_that_is_none_is_named(hub: Misbehaving, settings: Settings) -> None:
    settings.HF_ENDPOINT = hub.url.replace("http:", "https:")
    assert failure().code == "tls"
    assert issubclass(ssl.SSLCertVerificationError, ssl.SSLError)


@pytest.mark.parametrize("name", ["", "a/b/c", "a..b/c", "../../x", "https://x.org/a/b", "a/b?c=d"])
def test_bad_names_never_leave_this_machine(hub: Misbehaving, name: str) -> None:
    assert failure(repo_id=name).code == "bad_repo_id"
    assert hub.requests == []


def test_a_revision_is_one_segment(hub: Misbehaving) -> None:
    origins.get().describe("a/b", "refs/pr/1")
    assert hub.paths()[0] == "/api/models/a/b/revision/refs/pr/1?blobs=true"
    hub.status = 404
    assert failure("../../../x").code == "repo_not_found"


def test_a_gate_before_the_card_only_hides_the_card(hub: Misbehaving) -> None:
    hub.info = {"gated": "manual"}
    original = hub.files.pop("README.md")
    description = origins.get().describe("a/b")
    assert description.card_text == ""
    hub.files["README.md"] = original


def test_our_token_goes_to_the_endpoint_and_nowhere_else(
    hub: Misbehaving, settings: Settings
) -> None:
    settings.HF_TOKEN = "hf_secret"
    with misbehaving(hub.files) as storage:
        hub.redirect = storage.url
        assert origins.get().describe("a/b").card_text == CARD
        assert {headers.get("Authorization") for _, _, headers in hub.requests} == {
            "Bearer hf_secret"
        }
        assert [path for path in storage.paths() if path.endswith("README.md")]
        assert all("Authorization" not in headers for _, _, headers in storage.requests)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn-lfs.hf.co/x", True),
        ("https://huggingface.co.example/x", False),
        ("https://evilhf.co/x", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://[::1]:8000/x", False),
        ("https://hf.co@evil.example/x", False),
    ],
)
def test_files_come_from_the_origin_and_hosts_that_settings_name(
    settings: Settings, url: str, *, allowed: bool
) -> None:
    settings.ORIGIN_HOSTS = [".huggingface.co", ".hf.co"]
    assert is_allowed(httpx2.URL(url)) is allowed


def test_an_origin_cannot_send_the_hub_to_an_address_of_its_choice(
    hub: Misbehaving, settings: Settings
) -> None:
    settings.ORIGIN_HOSTS = []
    with misbehaving(hub.files) as inner:
        hub.redirect = inner.url
        with pytest.raises(OriginError) as error:
            origins.get().read("a/b", COMMIT, "config.json", max_bytes=1000)
        assert error.value.code == "foreign_host"
        assert inner.requests == []


def test_what_began_in_tls_does_not_go_on_without(hub: Misbehaving) -> None:
    (*_, look) = get_session().event_hooks["response"]
    request = httpx2.Request("GET", "https://hub.example/a/b/resolve/main/README.md")
    look(httpx2.Response(302, headers={"Location": "https://cdn.example/x"}, request=request))
    look(httpx2.Response(302, headers={"Location": "/elsewhere"}, request=request))
    downgrade = httpx2.Response(302, headers={"Location": f"{hub.url}/x"}, request=request)
    with pytest.raises(OriginError) as error:
        look(downgrade)
    assert error.value.code == "not_the_hub"


def test_the_client_is_the_real_one_and_talks_to_nobody_else(hub: Misbehaving) -> None:
    origin = origins.get()
    origin.manifest(origin.describe("a/b"))
    agents = {headers["User-Agent"] for _, _, headers in hub.requests}
    assert [agent.split("; ")[:2] for agent in agents] == [["tributary/1.0.0", "hf_hub/2.4.0"]]
    assert huggingface_hub.__version__ == "2.4.0"
    read = {
        f"/a/b/resolve/{COMMIT}/{name}"
        for name in ("README.md", "config.json", "model.safetensors")
    }
    assert set(hub.paths()) == {"/api/models/a/b/revision/main?blobs=true", *read}


def test_the_client_keeps_nothing_at_home_and_tells_nothing(settings: Settings) -> None:
    home = Path(constants.HF_HOME)
    # The controlling process of a parallel test session has set it for its workers.
    assert (home.name, home.parent.parent) == ("hf", settings.STATE_DIR.parent)
    assert constants.HF_HUB_DISABLE_IMPLICIT_TOKEN
    assert constants.HF_HUB_DISABLE_TELEMETRY
    assert constants.HF_HUB_DISABLE_XET


def test_an_offline_client_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    error = failure()
    assert (error.code, error.retryable) == ("origin_down", True)
    assert "HF_HUB_OFFLINE" in error.message


def test_no_token_is_sent_that_nobody_configured(
    hub: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_from_the_environment")
    origins.get().describe("a/b")
    assert all("Authorization" not in headers for _, _, headers in hub.requests)


@pytest.mark.parametrize("setting", ["CHECKPOINT_MAX_BYTES", "CHECKPOINT_MAX_FILES"])
def test_limits_hold_before_a_byte_moves(
    hub: Misbehaving, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, 1)
    description = origins.get().describe("a/b")
    hub.sent = 0
    with pytest.raises(OriginError) as error:
        origins.get().manifest(description)
    assert error.value.code in {"too_large", "too_many_files"}
    assert hub.sent == 0


def test_a_file_longer_than_allowed_is_not_read_to_its_end(hub: Misbehaving) -> None:
    with pytest.raises(OriginError) as error:
        origins.get().read("a/b", COMMIT, "model.safetensors", max_bytes=1000)
    assert error.value.code == "too_large"


def test_every_reason_reads_as_a_sentence() -> None:
    details: dict[str, Any] = {
        name: name
        for name in ("what", "host", "status", "wait", "detail", "size", "limit", "label", "person")
    }
    for code in KINDS:
        message = OriginError(code, seconds=1.0, **details).message
        assert message[0].isupper() or message[0] == "“"
        assert message.endswith(".")


def test_many_threads_may_ask_at_once() -> None:
    done: list[str] = []
    threads = [
        threading.Thread(target=lambda: done.append(origins.get().describe("a/b").commit))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert done == [COMMIT] * 8
