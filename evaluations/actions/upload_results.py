"""Take in what somebody measured on their own machine."""

import gzip
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from evaluations import agreement
from evaluations.models import Replication, Upload
from evaluations.permissions import has_no_limit, may_upload
from evaluations.uploads.comparison import Pair, findings_of, pairs_of
from evaluations.uploads.consistency import check
from evaluations.uploads.files import (
    MEBIBYTE,
    Results,
    Samples,
    Unreadable,
    read_results,
    read_samples,
    task_of,
    unpacked,
)
from hub import store
from hub.models import Checkpoint, User
from hub.refusal import Refusal

MOST_FILES: Final = 200
MOST_A_DAY: Final = 50
# Of one request; samples are text and may come gzipped.
LARGEST_UPLOAD: Final = 512 * MEBIBYTE


def upload_results(
    *,
    actor: User,
    checkpoint: Checkpoint,
    results: bytes,
    samples: Sequence[tuple[str, BinaryIO]] = (),
    note: str = "",
) -> Upload:
    """The files, what was found out about them, and a replication of each score that they measure again.

    `samples` are (file name, content) as lm_eval names and writes them, gzipped or not. Raises
    PermissionDenied, Refusal: unreadable, inconsistent (with `fields["files"]`, a sentence a fault),
    already_here, too_many_uploads. Whoever asked for the hub's own run replicates nothing by it.
    """
    if not may_upload(actor):
        raise PermissionDenied("People who are signed in upload results.")
    if len(samples) > MOST_FILES:
        raise _refused("unreadable", [f"At most {MOST_FILES} files of samples go with one upload."])
    try:
        read = read_results(results)
        by_task = _read_all(samples)
    except Unreadable as error:
        raise _refused("unreadable", [str(error)]) from error
    findings = check(read, by_task, commits=_commits_of(checkpoint))
    if faults := [each.message for each in findings if each.level == "error"]:
        raise _refused("inconsistent", faults)
    pairs = pairs_of(checkpoint, read, by_task)
    findings += findings_of(pairs, read)
    kept = {task_of(name): _keep(file) for name, file in samples}
    try:
        with transaction.atomic():
            upload = Upload.objects.create(
                checkpoint=checkpoint,
                uploaded_by=actor,
                results_sha256=store.default().add_bytes(results),
                samples=kept,
                harness="lm_eval",
                harness_version=str(read.facts.get("lm_eval", ""))[:40],
                note=note[:2000],
                facts=_facts(read),
                findings=[each.as_json() for each in findings],
            )
            _refuse_a_flood(actor)
            _replicate(upload, pairs)
    except IntegrityError as error:
        message = "You have uploaded these very results already."
        raise Refusal("already_here", message, fields={"files": [message]}) from error
    return upload


def _read_all(files: Sequence[tuple[str, BinaryIO]]) -> dict[str, Samples]:
    found: dict[str, Samples] = {}
    for name, file in files:
        task = task_of(name)
        if task in found:
            raise Unreadable(f"There are two files of samples of {task}.")
        found[task] = read_samples(task, file)
    return found


def _commits_of(checkpoint: Checkpoint) -> list[str]:
    """The same bytes may have been published by several commits."""
    same = Checkpoint.objects.filter(digest=checkpoint.digest)
    return list(same.values_list("commit", flat=True))


def _keep(file: BinaryIO) -> str:
    """Gzipped, so that the same lines are one file however they were packed; SHA-256."""
    file.seek(0)
    source = unpacked(file)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.jsonl.gz"
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            while block := source.read(MEBIBYTE):
                packed.write(block)
        return store.default().add_file(path)


def _facts(read: Results) -> dict[str, Any]:
    numbers: list[Mapping[str, Any]] = [
        {
            "task": result.task,
            "metric": result.metric,
            "filter": result.filter,
            "value": result.value,
            "stderr": result.stderr,
            "n": result.n,
            "n_shot": result.n_shot,
        }
        for result in read.results
    ]
    return {**read.facts, "results": numbers}


def _replicate(upload: Upload, pairs: Sequence[Pair]) -> None:
    for pair in pairs:
        if pair.differs or pair.score.run.requested_by_id == upload.uploaded_by_id:
            continue
        Replication.objects.create(
            score=pair.score,
            upload=upload,
            value=pair.again.value,
            stderr=pair.again.stderr,
            n=pair.result.n or len(pair.again.documents),
            changed=agreement.changed(pair.known, pair.again),
            agrees=agreement.agrees(pair.known, pair.again),
            requested_by=upload.uploaded_by,
        )


def _refuse_a_flood(actor: User) -> None:
    """Counted under a lock on the person, after the insert."""
    if has_no_limit(actor):
        return
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    since = timezone.now() - timedelta(days=1)
    if Upload.objects.filter(uploaded_by=actor, uploaded_at__gte=since).count() > MOST_A_DAY:
        message = f"At most {MOST_A_DAY} uploads a day. Go on tomorrow."
        raise Refusal("too_many_uploads", message, fields={"files": [message]})


def _refused(code: str, faults: list[str]) -> Refusal:
    return Refusal(code, faults[0], fields={"files": faults})
