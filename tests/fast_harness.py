"""A harness that measures in a moment, for tests of everything around it: `celery … -I tests.fast_harness`.

FAST_HARNESS_SECONDS says how long a job takes; while the file that FAST_HARNESS_HOLD names exists, it
does not end. Values are made from the checkpoint's bytes, so that two attempts agree.
"""

import gzip
import hashlib
import json
import os
import time
from pathlib import Path

from evaluations.harness.protocol import (
    Cancelled,
    HarnessFailure,
    Job,
    Measurement,
    OnProgress,
    Progress,
    Report,
    TaskSpec,
)
from evaluations.harness.registry import HARNESSES

STEP = 0.02


class FastHarness:
    name = "fast"

    def __init__(self, interpreter: Path) -> None:
        self.interpreter = interpreter

    def versions(self) -> dict[str, str]:
        return {"fast": "1"}

    def evaluate(
        self, job: Job, workdir: Path, *, on_progress: OnProgress, cancelled: Cancelled
    ) -> Report:
        on_progress(Progress(stage="preflight"))
        on_progress(Progress(stage="run", phase="requests", done=0, total=2))
        until = time.monotonic() + float(os.environ.get("FAST_HARNESS_SECONDS", "0.05"))
        hold = Path(os.environ.get("FAST_HARNESS_HOLD", "/nonexistent"))
        while time.monotonic() < until or hold.exists():
            if cancelled():
                raise HarnessFailure("cancelled", "The run was cancelled.")
            time.sleep(STEP)
        seed = b"".join(path.read_bytes() for path in sorted(job.checkpoint_path.iterdir()))
        return Report(
            measurements=tuple(_measure(task, seed, workdir) for task in job.tasks),
            versions=self.versions(),
            hardware={"cpu": "fast"},
            timings={"run": 0.05},
        )


def _measure(task: TaskSpec, seed: bytes, workdir: Path) -> Measurement:
    digest = hashlib.sha256(seed + task.recipe_digest.encode()).digest()
    outcomes = tuple(float(byte & 1) for byte in digest[:8])
    path = workdir / f"{task.recipe_digest}.jsonl.gz"
    hashes = tuple(hashlib.sha256(bytes([n])).hexdigest() for n in range(len(outcomes)))
    lines = [
        {
            "task": task.task,
            "seed": 0,
            "doc_id": number,
            "doc": {"question": f"Question {number}"},
            "target": "yes",
            "arguments": [[f"Question {number}", {"until": []}]],
            "resps": [[f"{digest.hex()[:8]} says {'yes' if outcomes[number] else 'no'}"]],
            "filtered_resps": ["yes" if outcomes[number] else "no"],
            "filter": task.filter,
            "doc_hash": hashes[number],
            task.metric: outcomes[number],
        }
        for number in range(len(outcomes))
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return Measurement(
        recipe_digest=task.recipe_digest,
        task=task.task,
        metric=task.metric,
        filter=task.filter,
        value=sum(outcomes) / len(outcomes),
        stderr=0.1,
        n=len(outcomes),
        n_total=len(outcomes),
        outcomes=outcomes,
        weights=None,
        doc_hashes=hashes,
        task_hash=digest.hex(),
        task_version="1",
        higher_is_better=True,
        samples_path=path,
    )


HARNESSES["fast"] = FastHarness
