"""Can the weights be loaded without running anybody's code, and are they the model they say?

The harness looks at a fetched folder before it loads it (evaluations/harness/lm_eval/preflight.py).
This check shows the same code the same folder without the weights: configuration from the store,
every other file by its name, and of each safetensors file the header in front of a hole as long as the
tensors. What passes here passes there, for a few kilobytes instead of gigabytes.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from contributions.checks.verdict import Context, Detail, Verdict
from evaluations.harness.lm_eval import preflight
from hub import origins, store
from hub.origins import safetensors

name: Final = "files"
label: Final = "Files"
HEADER_GUESS = 100_000
CONFIGURATION = (*preflight.OBJECTS, "adapter_config.json")
CONFIGURATION_BYTES = 4 * 1024**2
# What a protocol overrides anyway needs nobody's attention.
SILENT = frozenset({"generation_ignored"})


def run(context: Context) -> Verdict:
    pinned = context.pinned
    with TemporaryDirectory(prefix="tributary-check-") as folder:
        _lay_out(pinned, Path(folder))
        found = preflight.inspect_folder(Path(folder))
    errors = [Detail(finding.message, found=finding.path) for finding in found.errors]
    notes = [
        Detail(finding.message, found=finding.path)
        for finding in found.warnings
        if finding.code not in SILENT
    ]
    if _is_adapter(pinned):
        text = "This is an adapter: it is kept in the catalogue, and measured once it is merged."
        return Verdict("warning", text, (Detail(text), *notes), {"measurable": False}, "adapter")
    if errors:
        count = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        return Verdict(
            "failed", f"{errors[0].text}{count}", (*errors, *notes), code=found.errors[0].code
        )
    if notes:
        return Verdict(
            "warning", notes[0].text, tuple(notes), {"measurable": True}, found.warnings[0].code
        )
    count = f"{found.parameters:,} parameters in safetensors"
    return Verdict("passed", f"{count}, as config.json says.", findings={"measurable": True})


def _is_adapter(pinned: Mapping[str, Any]) -> bool:
    """Adapter weights alone: neither a configuration nor weights of a whole model."""
    root = {file["path"] for file in pinned["files"] if "/" not in file["path"]}
    return {"adapter_config.json", "adapter_model.safetensors"} <= root and not (
        {"config.json", "model.safetensors"} & root
    )


def _lay_out(pinned: Mapping[str, Any], folder: Path) -> None:
    digests = {row["path"]: row["sha256"] for row in pinned["manifest"]["files"]}
    for file in pinned["files"]:
        path = PurePosixPath(file["path"])
        if path.is_absolute() or ".." in path.parts or not path.parts:
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if len(path.parts) == 1 and path.suffix == ".safetensors":
            _hollow(pinned, file, target)
        elif str(path) in CONFIGURATION:
            target.write_bytes(_read(pinned, str(path), digests.get(str(path), "")))
        else:
            target.touch()


def _hollow(pinned: Mapping[str, Any], file: Mapping[str, Any], target: Path) -> None:
    """The header as it is at the origin, then nothing, up to the file's size: a sparse file."""
    size = int(file["size"])
    with target.open("wb") as hollow:
        if size:
            hollow.write(_header(pinned, file["path"], size))
        hollow.truncate(size)


def _header(pinned: Mapping[str, Any], path: str, size: int) -> bytes:
    """As far as it can be told where the header ends; whether it is one, preflight says."""
    origin = origins.get()
    repo_id, commit = pinned["repo_id"], pinned["commit"]
    data = origin.read_start(repo_id, commit, path, length=min(HEADER_GUESS, size))
    try:
        end = safetensors.header_end(data, size)
    except safetensors.BadHeader:
        return data
    if end > len(data):
        data = origin.read_start(repo_id, commit, path, length=end)
    return data[:end]


def _read(pinned: Mapping[str, Any], path: str, sha256: str) -> bytes:
    """From the store, where the origin check put it; from the origin if it lies in LFS there."""
    kept = store.default()
    if sha256 and kept.has(sha256):
        with kept.open(sha256) as file:
            return file.read(CONFIGURATION_BYTES)
    return origins.get().read(
        pinned["repo_id"], pinned["commit"], path, max_bytes=CONFIGURATION_BYTES
    )
