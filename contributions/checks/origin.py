"""Does the repository exist, may everybody read it, and which commit is it?

The commit found first is the one that this version means, however often the check runs: the merge
publishes the manifest in these findings, nothing newer.
"""

from typing import Any, Final, Literal, cast

from contributions.checks import tensors
from contributions.checks.verdict import Context, Detail, Verdict, storable
from contributions.proposals._entry import CARD_LENGTH
from evaluations.harness.lm_eval.preflight import MOST_FILES
from hub import origins
from hub.manifest import Manifest

name: Final = "origin"
label: Final = "Repository and commit"
MOST_DATASET_FILES = 2000
needs: Final[tuple[str, ...]] = ()


def run(context: Context) -> Verdict:
    payload = context.payload
    # Only kinds that fetch something plan this check.
    kind = cast(Literal["model", "dataset"], context.proposal.origin_kind)
    earlier = context.findings.get(name, {})
    origin = origins.get()
    described = origin.describe(
        payload["repo_id"], earlier.get("commit") or payload["revision"], kind=kind
    )
    findings: dict[str, Any] = {
        "repo_id": described.repo_id,
        "commit": described.commit,
        "gated": described.gated,
        "files": [],
        "card_text": storable(described.card_text, CARD_LENGTH),
    }
    if described.private:
        text = f"{described.repo_id} is private, so nobody else can check or use it."
        fix = "Make it public at the origin, then run this again."
        return Verdict("failed", text, (Detail(text, "repo_id", fix=fix),), code="private")
    # One more than the file check takes, so that it can refuse; a dataset may have millions.
    most = MOST_FILES + 1 if kind == "model" else MOST_DATASET_FILES
    findings["files"] = [
        {"path": storable(file.path, 1000), "size": file.size} for file in described.files[:most]
    ]
    if kind == "model":
        headers = origin.weight_headers(described)
        manifest = origin.manifest(described, headers)
        sizes = {file.path: file.size for file in described.files}
        findings["manifest"] = as_json(manifest)
        findings |= tensors.describe(described.repo_id, described.commit, headers, sizes)
    return _verdict(payload["repo_id"], described, findings)


def _verdict(asked: str, described: origins.Description, findings: dict[str, Any]) -> Verdict:
    commit = described.commit[:8]
    if described.repo_id.lower() != asked.lower():
        text = f"The origin has renamed {asked}: it is {described.repo_id} now."
        fix = "Revise the repository to its present name."
        detail = Detail(text, "repo_id", proposed=asked, found=described.repo_id, fix=fix)
        return Verdict("warning", text, (detail,), findings, "renamed")
    if described.gated:
        text = f"{asked} is gated: readers have to ask at the origin before they can fetch it."
        return Verdict("warning", text, (Detail(text, "repo_id"),), findings, "gated")
    return Verdict("passed", f"Read {described.repo_id} at commit {commit}.", findings=findings)


def as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "files": list(manifest.files),
        "parameters": manifest.parameters,
        "dtype": manifest.dtype,
    }
