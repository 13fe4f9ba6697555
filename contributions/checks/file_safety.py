"""Can the weights be loaded without running anybody's code, and are they the model they say?

The harness looks at a fetched folder before it loads it (evaluations/harness/lm_eval/preflight.py).
This check shows the same code the same folder without the weights: configuration from the store,
every other file by its name, and of each safetensors file the header, as the origin check kept it, in
front of a hole as long as the tensors. What passes here passes there, without asking the origin again.
Chat templates, tokenizer files and GGUF headers are looked at besides.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from contributions.checks import tensors
from contributions.checks.pinned import read_pinned_json, read_start
from contributions.checks.verdict import Context, Detail, Verdict
from contributions.proposals.card_facts import adapter_base
from contributions.readers import gguf
from contributions.readers.templates import LONGEST, problems, templates_of
from evaluations.harness.lm_eval import preflight
from hub import origins, store

name: Final = "files"
label: Final = "Files"
needs: Final = ("origin",)
HEADER_GUESS = 100_000
CONFIGURATION = (*preflight.OBJECTS, "adapter_config.json")
CONFIGURATION_BYTES = 4 * 1024**2
MEGABYTE = 1_000_000
TOKENIZER = ("tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json", ".model")
LARGEST_TOKENIZER = 100 * MEGABYTE
MOST_GGUF = 8
# Where the pickle check says more than a name can.
SILENT = frozenset({"pickle_ignored"})
FIXES = {
    "missing_config": "Add the config.json that the model was saved with.",
    "adapter_beside_weights": "Submit the adapter as a repository of its own, or remove its config.",
    "config_mismatch": "Upload the config.json that belongs to these weights.",
    "pickle_weights": "Save the model with safe_serialization=True and submit that commit.",
    "unsafe_files": "Remove it from the repository and submit that commit.",
    "needs_own_code": "Remove the key: models here run on the code of their library alone.",
    "not_a_model": "Upload the files as the library saved them.",
    "code_ignored": "Remove it unless others need it; here it is never run.",
    "generation_ignored": "Nothing to do; scores here use the recipe's settings, not the file's.",
}


def run(context: Context) -> Verdict:
    pinned = context.pinned
    if is_gguf_only(pinned):
        return _gguf(context)
    with TemporaryDirectory(prefix="tributary-check-") as folder:
        _lay_out(pinned, Path(folder))
        found = preflight.inspect_folder(
            Path(folder), kind="adapter" if is_adapter(pinned) else "model"
        )
    warnings = [finding for finding in found.warnings if finding.code not in SILENT]
    notes = [_detail(finding) for finding in warnings]
    errors = [_detail(finding) for finding in found.errors]
    hostile = [*_templates(context), *_sizes(pinned)]
    if is_adapter(pinned) and not errors and not hostile:
        return _adapter(context, notes)
    code = found.errors[0].code if errors else "hostile_text"
    errors += hostile
    if errors:
        count = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        return Verdict("failed", f"{errors[0].text}{count}", (*errors, *notes), code=code)
    if notes:
        return Verdict(
            "warning", notes[0].text, tuple(notes), {"measurable": True}, warnings[0].code
        )
    count = f"{found.parameters:,} parameters in safetensors"
    return Verdict("passed", f"{count}, as config.json says.", findings={"measurable": True})


def _detail(finding: preflight.Finding) -> Detail:
    return Detail(
        finding.message, found=finding.path, path=finding.path, fix=FIXES.get(finding.code, "")
    )


def _adapter(context: Context, notes: list[Detail]) -> Verdict:
    """Its weights alone. Which base it belongs to, the lineage check compares."""
    adapter = read_pinned_json(context, "adapter_config.json")
    if adapter is None:
        text = "adapter_config.json cannot be read, so nobody can tell what it adapts."
        detail = Detail(text, path="adapter_config.json", fix="Save the adapter again with PEFT.")
        return Verdict("failed", text, (detail,), code="not_a_model")
    if not adapter_base(adapter):
        text = "adapter_config.json names no base model as owner/name."
        fix = "Set base_model_name_or_path to the repository that it was trained on."
        detail = Detail(text, path="adapter_config.json", fix=fix)
        return Verdict("failed", text, (detail,), code="adapter_without_base")
    text = "This is an adapter: it is measured on the base that its lineage names."
    return Verdict("warning", text, (Detail(text), *notes), {"measurable": True}, "adapter")


def _templates(context: Context) -> Iterator[Detail]:
    config = read_pinned_json(context, "tokenizer_config.json")
    texts = [("tokenizer_config.json", text) for text in templates_of(config)]
    paths = [file["path"] for file in context.pinned["files"]]
    texts += [
        (path, read_start(context, path, length=4 * LONGEST).decode(errors="replace"))
        for path in [path for path in paths if path.endswith(".jinja") and "/" not in path][:10]
    ]
    fix = "Take it out of the template: a chat template only arranges messages."
    for path, text in texts:
        for problem in problems(text):
            yield Detail(f"The chat template in {path}: {problem}.", path=path, fix=fix)


def _sizes(pinned: Mapping[str, Any]) -> Iterator[Detail]:
    """A tokenizer is read whole before anything else happens."""
    for file in pinned["files"]:
        path, size = file["path"], int(file["size"])
        if "/" not in path and path.endswith(TOKENIZER) and size > LARGEST_TOKENIZER:
            text = f"{path} has {size // MEGABYTE:,} MB; tokenizer files of a model have a few."
            yield Detail(
                text, path=path, fix="Save the tokenizer again without what is not its own."
            )


def is_gguf_only(pinned: Mapping[str, Any]) -> bool:
    root = [file["path"] for file in pinned["files"] if "/" not in file["path"]]
    return any(path.endswith(".gguf") for path in root) and not any(
        path.endswith(".safetensors") for path in root
    )


def _gguf(context: Context) -> Verdict:
    """One file is measured as it is, unpacked by the harness; of several a recipe has to name one."""
    files = [
        file
        for file in context.pinned["files"]
        if file["path"].endswith(".gguf") and "/" not in file["path"]
    ]
    headers, bad = [], []
    for file in files[:MOST_GGUF]:
        try:
            headers.append(_gguf_header(context, file))
        except gguf.BadGguf as error:
            text = f"{file['path']}: {error}."
            bad.append(
                Detail(text, path=file["path"], fix="Convert the model again, and upload it.")
            )
    if bad:
        return Verdict("failed", bad[0].text, tuple(bad), code="bad_gguf")
    first = headers[0]
    rows = sorted([name, kind, list(shape)] for name, kind, shape in first.tensors)
    one = len(files) == 1
    findings = {"measurable": one, "parameters": first.parameters, **tensors.keep(rows)}
    what = f"{first.parameters:,} parameters of a {first.architecture or 'nameless'} model"
    so = "measured as it is" if one else f"{len(files)} files, of which a recipe names the measured"
    text = f"GGUF, {what}: {so}."
    return Verdict("warning", text, (Detail(text),), findings, "gguf")


def _gguf_header(context: Context, file: Mapping[str, Any]) -> gguf.Header:
    size, length = int(file["size"]), HEADER_GUESS * 10
    while True:
        length = min(length, size, gguf.MOST_BYTES)
        data = read_start(context, file["path"], length=length)
        try:
            return gguf.read(data, size)
        except gguf.Short:
            if length in {size, gguf.MOST_BYTES}:
                raise gguf.BadGguf("its header is cut off, or longer than headers are") from None
            length *= 8


def is_adapter(pinned: Mapping[str, Any]) -> bool:
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
    with target.open("wb") as hollow:
        with store.default().open(pinned["headers"][file["path"]]) as header:
            shutil.copyfileobj(header, hollow)
        hollow.truncate(int(file["size"]))


def _read(pinned: Mapping[str, Any], path: str, sha256: str) -> bytes:
    """From the store, where the origin check put it; from the origin if it lies in LFS there."""
    kept = store.default()
    if sha256 and kept.has(sha256):
        with kept.open(sha256) as file:
            return file.read(CONFIGURATION_BYTES)
    return origins.get().read(
        pinned["repo_id"], pinned["commit"], path, max_bytes=CONFIGURATION_BYTES
    )
