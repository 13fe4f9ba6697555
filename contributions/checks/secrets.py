"""Was a key or a password left in a text file? It is named by file, line and kind, and never shown."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any, Final

from contributions.checks.verdict import Context, Detail, Verdict
from contributions.readers.secrets import find
from hub import origins

name: Final = "secrets"
label: Final = "Secrets"
needs: Final = ("origin",)
# ruff: noqa: SIM905
TEXTS = frozenset(
    ".md .txt .json .jsonl .yaml .yml .toml .cfg .ini .env .py .ipynb .sh .bash .conf .properties .xml "
    ".html .log .jinja .js .ts .netrc .npmrc .pypirc .pem .key".split()
)
NAMED = frozenset(
    {"dockerfile", "makefile", "id_rsa", "id_ed25519", "credentials", ".env", ".netrc"}
)
# Vocabularies: a hundred thousand odd words, none of them anybody's password.
VOCABULARIES = frozenset({"tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json"})
MOST_FILES = 100
LONGEST = 1024**2
FIX = "Revoke it now: whoever saw the repository has it. Then remove it and submit that commit."


def run(context: Context) -> Verdict:
    texts = list(_texts(context))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda path: _look(context, path), texts[:MOST_FILES]))
    details = tuple(detail for of_one in found for detail in of_one)
    if details:
        count = f" And {len(details) - 1} more." if len(details) > 1 else ""
        return Verdict("failed", f"{details[0].text}{count}", details, code="secret")
    left = len(texts) - MOST_FILES
    if left > 0:
        text = f"No secrets in the first {MOST_FILES} text files; {left} more were not read."
        return Verdict("warning", text, (Detail(text),), code="secrets_unread")
    return Verdict(
        "passed", f"No secrets in {len(texts)} text file{'' if len(texts) == 1 else 's'}."
    )


def _texts(context: Context) -> Iterator[str]:
    """Those that people write, the root's first."""
    files: list[dict[str, Any]] = sorted(
        context.pinned["files"], key=lambda file: (file["path"].count("/"), file["path"])
    )
    for file in files:
        path = PurePosixPath(file["path"])
        named = path.name.lower() in NAMED or path.name.lower().startswith(".env")
        texts = path.suffix.lower() in TEXTS and path.name not in VOCABULARIES
        if (named or texts) and 0 < file["size"] <= LONGEST:
            yield file["path"]


def _look(context: Context, path: str) -> list[Detail]:
    pinned = context.pinned
    kind = context.proposal.origin_kind or "model"
    data = origins.get().read(
        pinned["repo_id"], pinned["commit"], path, kind=kind, max_bytes=2 * LONGEST
    )
    return [
        Detail(f"{path}, line {found.line}: {_a(found.kind)}.", path=path, line=found.line, fix=FIX)
        for found in find(data.decode(errors="replace"))
    ]


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AO" else f"a {kind}"
