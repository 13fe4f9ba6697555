"""A model's answers as they come: whose they are, how long they took, and a file to go on from.

Imported by session.py in the harness's interpreter. lm_eval has a cache of its own, which pickles, forgets
sampled answers and knows neither batch nor model. Here a call of the model (all requests of one kind) is
known by everything that fixes its answers, the random state among it. Answers are written batch by batch;
lm_eval asks in one order (longest first), so that what is left after a kill falls into the same
batches, from the same random state: a resumed run's answers are those of an undisturbed one.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.model import hash_args

KINDS = ("loglikelihood", "loglikelihood_rolling", "generate_until")
FORWARD = ("_model_call", "_model_generate")
# Of models whose forward passes cannot be seen: answers to one line.
BUNCH = 64


class Memory:
    """Lines of JSON, private to a job's attempts on this machine. A torn last line is cut off."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
        if path is not None:
            self._read(path)

    def _read(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            whole = 0
            for line in file:
                try:
                    entry = json.loads(line)
                except ValueError:
                    break
                whole += len(line)
                self.calls[entry["call"]].append(entry)
            file.truncate(whole)

    def write(self, entry: dict[str, Any]) -> None:
        if self.path is not None:
            with self.path.open("ab", buffering=0) as file:
                file.write(json.dumps(entry).encode() + b"\n")


@dataclass
class Call:
    """All requests of one kind that lm_eval asks at once, and what is answered of them."""

    name: str
    requests: list[Any]
    answers: dict[int, Any] = field(default_factory=dict)
    pending: list[tuple[int, Any]] = field(default_factory=list)
    waiting: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    windows: dict[int, Any] = field(default_factory=dict)
    asked: int = 0


class Remembering:
    """Watches a model: `seconds` by task, `task`, `tasks_done`, `kept` (answers that were there already),
    `tasks_at_once` (asked by the present call) after `tasks_before`.

    `identity` is what fixes answers beside the requests and the random state.
    """

    def __init__(self, model: Any, identity: str, folder: Path | None) -> None:
        self.model = model
        self.identity = identity
        self.memory = Memory(None if folder is None else folder / "answers.jsonl")
        self.seconds: dict[str, float] = defaultdict(float)
        self.task = ""
        self.tasks_done = self.tasks_before = self.tasks_at_once = 0
        self.kept = 0
        self.tell: Any = None
        self._left: Counter[str] = Counter()
        self._random = ""
        self._call: Call | None = None
        self._since = time.monotonic()
        self._sees_batches = all(hasattr(model, name) for name in FORWARD)
        for kind in KINDS:
            setattr(model, kind, self._watched(kind, getattr(model, kind)))
        for name in FORWARD if self._sees_batches else ():
            setattr(model, name, self._after_a_batch(getattr(model, name)))
        if hasattr(model, "_loglikelihood_tokens"):
            model._loglikelihood_tokens = self._windows(model._loglikelihood_tokens)
        model.set_cache_hook(self)

    def begin(self) -> None:
        """Before each evaluation: the same task may come again under another seed."""
        self.seconds.clear()

    def add_partial(self, kind: str, arguments: Iterable[Any], answer: Any) -> None:
        """lm_eval's hook for each answer, in the order in which the model gives them."""
        call = self._call
        if call is None or not (places := call.waiting.get(hash_args(kind, list(arguments)))):
            return
        index = places.popleft()
        call.pending.append((index, answer))
        self.task = str(call.requests[index].task_name)
        self._left[self.task] -= 1
        self.tasks_done += self._left[self.task] == 0
        if not self._sees_batches and len(call.pending) >= BUNCH:
            self._write()

    def _watched(self, kind: str, ask: Any) -> Any:
        def answered(requests: list[Any], **options: Any) -> list[Any]:
            self._random = random_state()
            call = self._call = self._recalled(kind, requests)
            left = [index for index in range(len(requests)) if index not in call.answers]
            for index in left:
                call.waiting[hash_args(kind, requests[index].args)].append(index)
            self._left = Counter(str(requests[index].task_name) for index in left)
            # Those of which an earlier attempt had answered everything.
            self.tasks_done += len({str(each.task_name) for each in requests} - set(self._left))
            self.tasks_before, self.tasks_at_once = self.tasks_done, len(self._left)
            self._since = time.monotonic()
            fresh = ask([requests[index] for index in left], **options) if left else []
            self._write()
            self._call = None
            found = call.answers | dict(zip(left, fresh, strict=True))
            return [found[index] for index in range(len(requests))]

        return answered

    def _recalled(self, kind: str, requests: list[Any]) -> Call:
        """The call with what an earlier attempt answered of it, and that attempt's random state."""
        digest = hashlib.sha256(self.identity.encode() + self._random.encode())
        for request in requests:
            digest.update(hash_args(kind, request.args).encode())
        call = Call(digest.hexdigest(), requests)
        for entry in self.memory.calls.get(call.name, ()):
            if "window" in entry:
                call.windows[entry["window"]] = [tuple(answer) for answer in entry["answers"]]
                self._share(call, range(len(requests)), entry["seconds"])
                continue
            self._share(call, [index for index, _ in entry["answers"]], entry["seconds"])
            for index, answer in entry["answers"]:
                call.answers[index] = tuple(answer) if isinstance(answer, list) else answer
            if "random" in entry:
                restore_random_state(entry["random"])
        self.kept += len(call.answers)
        return call

    def _write(self) -> None:
        """What the last forward pass answered, as one line."""
        call = self._call
        if call is None or not call.pending:
            return
        took = self._lap()
        self._share(call, [index for index, _ in call.pending], took)
        entry = {"call": call.name, "answers": call.pending, "seconds": took}
        if (random := random_state()) != self._random:
            entry["random"] = self._random = random
        self.memory.write(entry)
        call.pending = []

    def _lap(self) -> float:
        now = time.monotonic()
        took, self._since = now - self._since, now
        return took

    def _share(self, call: Call, indices: Sequence[int], seconds: float) -> None:
        """A batch may hold several tasks' requests; its seconds are theirs by number."""
        for index in indices:
            self.seconds[str(call.requests[index].task_name)] += seconds / len(indices)

    def _after_a_batch(self, forward: Any) -> Any:
        def passed(*args: Any, **options: Any) -> Any:
            self._write()
            return forward(*args, **options)

        return passed

    def _windows(self, ask: Any) -> Any:
        """A rolling likelihood names its documents only when all windows of all are answered: its
        batches are remembered by number."""

        def answered(requests: Any, *args: Any, **options: Any) -> Any:
            call = self._call
            if call is None or not requests or requests[0][0] is not None:
                return ask(requests, *args, **options)
            number, call.asked = call.asked, call.asked + 1
            if number not in call.windows:
                # Its own bar would start anew with each batch.
                found = ask(requests, *args, **{**options, "disable_tqdm": True})
                call.windows[number], took = found, self._lap()
                self._share(call, range(len(call.requests)), took)
                entry = {"call": call.name, "window": number, "answers": found, "seconds": took}
                self.memory.write(entry)
            else:
                self.kept += len(requests)
            self.task = str(call.requests[0].task_name)
            if self.tell is not None:
                done = (number + 1) * len(requests)
                self.tell("Running loglikelihood_rolling requests", done, len(call.requests))
            return call.windows[number]

        return answered


def random_state() -> str:
    """All that sampling draws from, as hexadecimal digits (10 kB)."""
    states = [torch.get_rng_state()]
    if torch.cuda.is_initialized():
        states += torch.cuda.get_rng_state_all()
    return ".".join(state.numpy().tobytes().hex() for state in states)


def restore_random_state(text: str) -> None:
    own, *others = (
        torch.tensor(list(bytes.fromhex(part)), dtype=torch.uint8) for part in text.split(".")
    )
    torch.set_rng_state(own)
    if others:
        torch.cuda.set_rng_state_all(others)
