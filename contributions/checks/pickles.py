"""Would loading one of its pickles run anything? Looked at by opcode, never loaded (readers/pickles.py)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from contributions.checks.pinned import Remote
from contributions.checks.verdict import Context, Detail, Verdict
from contributions.readers.pickles import Hostile, scan
from evaluations.harness.lm_eval.preflight import PICKLES

name: Final = "pickles"
label: Final = "Pickles"
needs: Final = ("origin",)
MOST_FILES = 50
# Of one file: a long stream is read in growing windows.
MOST_BYTES = 96 * 1024**2
# Other formats that can carry a program; nobody here can say whether one does.
UNREAD = (".h5", ".keras", ".msgpack")
FIX = "Remove it from the repository, or save it as safetensors, and submit that commit."


def run(context: Context) -> Verdict:
    if context.proposal.origin_kind != "model":
        return Verdict("skipped", "Datasets are not loaded as pickles here.")
    files = [file for file in context.pinned["files"] if is_pickle(file["path"])]
    unread = [file["path"] for file in context.pinned["files"] if file["path"].endswith(UNREAD)]
    if not files and unread:
        text = f"{unread[0]} may carry a program; it is not looked into, and never loaded here."
        return Verdict("warning", text, (Detail(text, path=unread[0]),), code="unread")
    if not files:
        return Verdict("passed", "There are no pickles.")
    if len(files) > MOST_FILES:
        text = f"{len(files)} pickles; at most {MOST_FILES} are looked at, so these are not safe."
        return Verdict("failed", text, (Detail(text, fix=FIX),), code="pickle_unsafe")
    with ThreadPoolExecutor(4) as pool:
        looked_at = list(pool.map(lambda file: _look(context, file), files))
    bad = tuple(detail for detail in looked_at if detail is not None)
    if bad:
        count = f" And {len(bad) - 1} more." if len(bad) > 1 else ""
        return Verdict("failed", f"{bad[0].text}{count}", bad, code="pickle_unsafe")
    what = "The pickle holds" if len(files) == 1 else f"The {len(files)} pickles hold"
    return Verdict("passed", f"{what} plain weights and data; loading them calls nothing else.")


def is_pickle(path: str) -> bool:
    return bool(PICKLES.search(path)) and not path.lower().endswith(UNREAD)


def _look(context: Context, file: dict[str, Any]) -> Detail | None:
    path, size = file["path"], int(file["size"])
    remote = Remote(context, path, size, most=MOST_BYTES)
    try:
        scan(remote.as_file(), size, path)
    except (Hostile, Remote.Exhausted) as error:
        return Detail(f"{path}: {error}.", path=path, fix=FIX)
    return None
