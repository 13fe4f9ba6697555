"""A server of models, asked through the relay: the same answers, no network, no key in the child."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Endpoint, HarnessFailure, Job
from evaluations.harness.relay import SOCKET, relay
from tests.evaluations.harness.jobs import DEMO, failure_of, make_job, make_spec, run
from tests.toys import HARNESS_PYTHON, copy_of

NAME = "headwaters/micro"
KEY = "sk-never-to-be-seen"
FEW = 40


@pytest.fixture(scope="module")
def server(micro: Path) -> Iterator[Endpoint]:
    """A real server of the real model, in a process of its own."""
    script = Path(__file__).with_name("openai_server.py")
    with subprocess.Popen(
        [HARNESS_PYTHON, script, micro, NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{KEY}\n")
        port = int(process.stdout.readline())
        yield Endpoint(name="lab", base_url=f"http://127.0.0.1:{port}/v1", model=NAME, key=KEY)
        process.kill()


@pytest.fixture
def tokenizer(micro: Path, tmp_path: Path) -> Path:
    """All that is here of a model that somebody else serves."""
    folder = copy_of(micro, tmp_path / "checkpoint")
    (folder / "model.safetensors").unlink()
    return folder


def asking(checkpoint: Path, server: Endpoint, *slugs: str, api: str = "completions") -> Job:
    specs = [make_spec(slug, limit=FEW, apply_chat_template=api == "chat") for slug in slugs]
    arguments = {"endpoint": server.name, "api": api, "max_length": 128}
    return make_job(checkpoint, *specs, backend="endpoint", backend_args=arguments, endpoint=server)


def test_a_server_of_a_model_scores_as_the_model_does(
    harness: LmEvalHarness, micro: Path, server: Endpoint, tokenizer: Path, tmp_path: Path
) -> None:
    asked = run(harness, asking(tokenizer, server, *DEMO), tmp_path / "asked")
    specs = [make_spec(slug, limit=FEW) for slug in DEMO]
    own = run(harness, make_job(micro, *specs), tmp_path / "own")
    for there, here in zip(asked.measurements, own.measurements, strict=True):
        assert there.outcomes == pytest.approx(here.outcomes, rel=1e-4)
        assert there.doc_hashes == here.doc_hashes
    assert asked.hardware["network"] == own.hardware["network"]


def test_the_key_is_in_nothing_that_a_job_leaves(
    harness: LmEvalHarness, server: Endpoint, tokenizer: Path, tmp_path: Path
) -> None:
    job = asking(tokenizer, server, DEMO[0])
    report = run(harness, job, tmp_path / "work")
    written = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert {"job.json", "harness.log", "results.json"} <= {path.name for path in written}
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert KEY not in repr(job) + repr(report)
    assert server.base_url not in (tmp_path / "work" / "job.json").read_text()


def test_a_chat_server_generates(
    harness: LmEvalHarness, micro: Path, server: Endpoint, tokenizer: Path, tmp_path: Path
) -> None:
    job = asking(tokenizer, server, "tributary-arithmetic", api="chat")
    asked = run(harness, job, tmp_path / "asked")
    spec = make_spec("tributary-arithmetic", limit=FEW, apply_chat_template=True)
    own = run(harness, make_job(micro, spec), tmp_path / "own")
    assert asked.measurements[0].outcomes == own.measurements[0].outcomes


def test_a_chat_server_tells_no_likelihoods(
    harness: LmEvalHarness, server: Endpoint, tokenizer: Path, tmp_path: Path
) -> None:
    job = asking(tokenizer, server, "tributary-capitals", api="chat")
    failure = failure_of(harness, job, tmp_path / "work")
    assert (failure.code, failure.retryable) == ("bad_job", False)
    assert "log-likelihoods" in failure.message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key": "sk-wrong"}, "does not accept the key"),
        ({"model": "headwaters/other"}, "does not serve headwaters/other"),
        ({"base_url": "http://127.0.0.1:1/v1"}, "does not answer"),
    ],
)
def test_a_server_that_cannot_be_asked_is_the_hubs_to_look_after(
    harness: LmEvalHarness,
    server: Endpoint,
    tokenizer: Path,
    tmp_path: Path,
    changes: dict[str, str],
    says: str,
) -> None:
    job = asking(tokenizer, replace(server, **changes), DEMO[0])
    failure = failure_of(harness, job, tmp_path / "work")
    assert (failure.code, failure.whose, failure.retryable) == ("unavailable", "hub", True)
    assert says in failure.message
    assert KEY not in failure.message


def test_only_two_paths_of_the_server_are_reached(server: Endpoint, tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name-of-a-folder-" * 5)
    deep.mkdir()
    with relay(server, deep):
        transport = httpx2.HTTPTransport(uds=str(short_of(deep, tmp_path)))
        with httpx2.Client(transport=transport, base_url="http://relay") as client:
            assert client.post("/models", json={}).status_code == 404
            assert client.post("/../v1/completions", json={}).status_code == 404
            answer = client.post(
                "/completions", json={"prompt": [[5, 6]], "echo": True, "max_tokens": 1}
            )
    assert answer.status_code == 200
    assert len(answer.json()["choices"][0]["logprobs"]["token_logprobs"]) == 3


def test_a_client_that_was_refused_can_ask_on(server: Endpoint, tmp_path: Path) -> None:
    with relay(server, tmp_path):
        transport = httpx2.HTTPTransport(uds=str(short_of(tmp_path, tmp_path)))
        with httpx2.Client(transport=transport, base_url="http://relay") as client:
            for body in (b"", b"{}", b" " * (4 << 20)) * 30:
                answer = client.post("/models", content=body)
                assert answer.status_code == 404
                assert answer.headers["Connection"] == "close"


def short_of(folder: Path, tmp_path: Path) -> Path:
    """An address for a socket whose own path is too long for one."""
    link = tmp_path / "s"
    link.symlink_to(folder)
    return link / SOCKET


def test_a_server_that_goes_away_is_named(server: Endpoint, tmp_path: Path) -> None:
    with relay(server, tmp_path) as asked:
        asked.trouble = "answers with status 503"
        with pytest.raises(HarnessFailure, match="The endpoint lab answers with status 503"):
            asked.raise_if_silent(None, done=False)
        # A job that somebody stopped, or that was done, did not fail because of it.
        asked.raise_if_silent("cancelled", done=False)
        asked.raise_if_silent(None, done=True)


def test_no_endpoint_means_no_socket(tmp_path: Path) -> None:
    with relay(None, tmp_path) as asked:
        assert list(tmp_path.iterdir()) == []
        asked.raise_if_silent(None, done=False)
    assert json.dumps(asked.trouble) == '""'
