"""Was it trained on what it will be measured with?

By name: a benchmark's data among the training data, through all parents. By content: runs of words that
training files share with a benchmark's items, where both are within reach. A reviewer decides; items are
named by their ids and never shown.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from contributions.checks.verdict import Context, Detail, Verdict
from contributions.models import Check
from contributions.models.check import FIRST
from contributions.readers.ngrams import LONG, USUAL, Index
from evaluations.models import BenchmarkVersion
from evaluations.suites.loader import FOLDER, task_files
from hub import origins, store
from hub.closure import climb, edges_above
from hub.models import Dataset, ModelVariant
from hub.models.dataset import Purpose
from hub.origins import OriginError

name: Final = "contamination"
label: Final = "Training data"
needs: Final = ("origin",)
READABLE = (".jsonl", ".json", ".txt", ".csv", ".tsv", ".md")
# What a check may read of training data, and of one benchmark.
MOST_BYTES = 16 * 1024**2
MOST_BENCHMARK_BYTES = 32 * 1024**2
PIECE = 4 * 1024**2
MOST_ITEMS = 20_000
MOST_SHOWN = 5
FIX = "Say in the card what of it was used, and how the benchmark's items were kept out."


@dataclass(frozen=True)
class Training:
    """A dataset that something was trained on, and by which parents it got there."""

    name: str
    entry: Dataset | None
    via: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return f"{self.name} (through {', '.join(self.via)})" if self.via else self.name


def run(context: Context) -> Verdict:
    versions = list(_benchmarks())
    if context.proposal.origin_kind == "dataset":
        return _dataset(context, versions)
    edges = context.payload.get("edges", [])
    trained = list(_training(edges))
    details = [detail for one in trained for detail in _by_name(one, versions)]
    found, unread = _by_content(trained, versions)
    details += found
    if details:
        return Verdict("warning", details[0].text, tuple(details), code="contaminated")
    if not trained:
        return Verdict("passed", "No training data are declared, so there is nothing to compare.")
    left = f"; {unread} could not be read" if unread else ""
    what = "1 dataset" if len(trained) == 1 else f"{len(trained)} datasets"
    return Verdict("passed", f"{what} above it share nothing with {_boards(versions)}{left}.")


def _boards(versions: list[BenchmarkVersion]) -> str:
    return "a board's benchmark" if len(versions) == 1 else f"{len(versions)} benchmarks of boards"


def _benchmarks() -> Iterator[BenchmarkVersion]:
    """Those that stand on a board now."""
    versions = BenchmarkVersion.objects.filter(recipes__boards__current=True)
    yield from versions.select_related("benchmark").distinct().order_by("pk")


# --- A dataset ------------------------------------------------------------------------------------


def _dataset(context: Context, versions: list[BenchmarkVersion]) -> Verdict:
    if context.payload.get("purpose") == Purpose.EVALUATION:
        return Verdict("skipped", "These are evaluation data; nothing should be trained on them.")
    pinned = context.pinned
    one = Training(pinned["repo_id"], None)
    details = list(_by_name(one, versions))
    overlaps = read_overlaps(pinned["repo_id"], pinned["commit"], pinned["files"], versions)
    details += _overlapping(one, overlaps, versions)
    findings = {"overlaps": overlaps}
    if details:
        return Verdict("warning", details[0].text, tuple(details), findings, "contaminated")
    read = sum(overlap["bytes"] for overlap in overlaps.values())
    if overlaps and not read:
        text = "None of its files can be compared here (text or JSON lines, from its beginning on)."
        return Verdict("skipped", text, findings=findings)
    return Verdict("passed", f"It shares nothing with {_boards(versions)}.", findings=findings)


def read_overlaps(
    repo_id: str, commit: str, files: Sequence[Mapping[str, Any]], versions: list[BenchmarkVersion]
) -> dict[str, dict[str, Any]]:
    """By digest of a benchmark version: items, hits and long_hits, ids of a few hits, bytes read.

    Versions without items within reach are left out. Reads at most MOST_BYTES from the origin.
    """
    index = Index()
    for version in versions:
        for item, document in _items(version):
            index.add((version.digest, item), document)
    read = 0
    if index.items:
        for path in (file["path"] for file in files if _is_readable(file["path"])):
            read += _look_into(index, repo_id, commit, path, MOST_BYTES - read)
    items = Counter(key[0] for key in index.items)
    return {
        digest: {
            "items": count,
            "hits": sum(key[0] == digest for key in index.hits),
            "long_hits": sum(key[0] == digest for key in index.long_hits),
            "ids": sorted(str(key[1]) for key in index.hits if key[0] == digest)[:MOST_SHOWN],
            "bytes": read,
        }
        for digest, count in items.items()
    }


def _is_readable(path: str) -> bool:
    return PurePosixPath(path).suffix in READABLE and PurePosixPath(path).name != "README.md"


def _look_into(index: Index, repo_id: str, commit: str, path: str, most: int) -> int:
    """Piece by piece; how many bytes were read."""
    position, rest = 0, b""
    while position < most:
        length = min(PIECE, most - position)
        piece = origins.get().read_range(
            repo_id, commit, path, start=position, length=length, kind="dataset"
        )
        position += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        index.look_all(line.decode(errors="replace") for line in lines)
        if len(piece) < length:
            break
    index.look_all([rest.decode(errors="replace")])
    return position


def _items(version: BenchmarkVersion) -> Iterator[tuple[str, Any]]:
    """Documents with their ids, where they are here: shipped with the hub, or contributed."""
    data = b""
    if version.data_sha256 and store.default().has(version.data_sha256):
        with store.default().open(version.data_sha256) as file:
            data = file.read(MOST_BENCHMARK_BYTES)
    elif version.task_file:
        data = b"\n".join(
            path.read_bytes()
            for path in task_files(FOLDER / version.task_file)
            # Examples for the prompt are no secret.
            if path.suffix == ".jsonl" and ".dev." not in path.name
        )
    for number, line in enumerate(data.splitlines()[:MOST_ITEMS]):
        try:
            document = json.loads(line)
        except ValueError:
            continue
        name_of = document.get("id", number) if isinstance(document, dict) else number
        yield str(name_of)[:80], document


def _overlapping(
    one: Training, overlaps: Mapping[str, Mapping[str, Any]], versions: list[BenchmarkVersion]
) -> Iterator[Detail]:
    for version in versions:
        overlap = overlaps.get(version.digest)
        if not overlap or not overlap["hits"]:
            continue
        hits, items = overlap["hits"], overlap["items"]
        text = (
            f"{hits} of {items} items of {version.benchmark.name} ({100 * hits / items:.0f} %) have "
            f"{USUAL} words in a row in common with {one.words}; {overlap['long_hits']} have {LONG}."
        )
        yield Detail(
            text, "edges" if one.via or one.entry else "", found=", ".join(overlap["ids"]), fix=FIX
        )


# --- A variant ------------------------------------------------------------------------------------


def _training(edges: list[dict[str, Any]]) -> Iterator[Training]:
    """Every dataset above, each once, the declared ones first."""
    seen: set[str] = set()
    parents: dict[int, ModelVariant] = {}
    for edge in edges:
        owner, _, title = edge["parent_name"].partition("/")
        if not edge["is_dataset"]:
            if variant := ModelVariant.objects.named(owner, title).first():
                parents[variant.pk] = variant
            continue
        seen.add(edge["parent_name"].lower())
        yield Training(edge["parent_name"], Dataset.objects.named(owner, title).first())
    for ancestor in climb(parents, edges_above(parents)):
        if isinstance(ancestor.entry, Dataset) and ancestor.entry.full_name.lower() not in seen:
            seen.add(ancestor.entry.full_name.lower())
            first = parents[ancestor.path[0].child_id].full_name
            yield Training(ancestor.entry.full_name, ancestor.entry, (first, *ancestor.via))


def _by_name(one: Training, versions: list[BenchmarkVersion]) -> Iterator[Detail]:
    names = {one.name.lower()} | ({one.entry.repo_id.lower()} if one.entry else set())
    told = set()
    for version in versions:
        benchmark = version.benchmark
        same = one.entry is not None and benchmark.dataset_id == one.entry.pk
        if benchmark.pk not in told and (same or benchmark.dataset_name.lower() in names):
            told.add(benchmark.pk)
            text = f"{one.words} is what {benchmark.name} measures with."
            url = benchmark.get_absolute_url()
            yield Detail(text, "edges", found=benchmark.dataset_name, fix=FIX, url=url)


def _by_content(
    trained: list[Training], versions: list[BenchmarkVersion]
) -> tuple[list[Detail], int]:
    """What was compared when the dataset came in, and now what was not; how many nobody could read."""
    details: list[Detail] = []
    unread = 0
    for one in trained:
        overlaps = _known(one)
        missing = [version for version in versions if version.digest not in overlaps]
        if one.entry is not None and missing:
            try:
                overlaps |= _compare_now(one.entry, missing)
            except OriginError as error:
                if error.retryable:
                    raise
        unread += not any(overlap["bytes"] for overlap in overlaps.values())
        details += _overlapping(one, overlaps, versions)
    return details, unread


def _known(one: Training) -> dict[str, dict[str, Any]]:
    """As the same check found when the dataset was contributed. One query."""
    if one.entry is None:
        return {}
    checks = Check.objects.filter(
        name=name, version__contribution__dataset=one.entry, version__contribution__state="merged"
    )
    found = checks.order_by("-pk").values_list("findings__overlaps", flat=True).first()
    return dict(found or {})


def _compare_now(entry: Dataset, versions: list[BenchmarkVersion]) -> dict[str, dict[str, Any]]:
    checks = Check.objects.filter(name=FIRST, version__contribution__dataset=entry)
    commit = checks.order_by("-pk").values_list("findings__commit", flat=True).first()
    described = origins.get().describe(entry.repo_id, commit or "main", kind="dataset")
    files = [{"path": file.path, "size": file.size} for file in described.files]
    return read_overlaps(described.repo_id, described.commit, files, versions)
