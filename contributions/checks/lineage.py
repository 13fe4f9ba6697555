"""Are its parents what it says, and has it others that it does not name?

What its files prove has to fit the declared parents: the wrong size of hidden layer fails. What they only
hint at is a suggestion, which the author takes over with one click.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.db.models.fields.json import KT
from django.urls import reverse

from contributions.checks.file_safety import is_adapter
from contributions.checks.pinned import read_kept_json, read_pinned_json, read_start
from contributions.checks.tensors import table_of
from contributions.checks.verdict import Context, Detail, Verdict
from contributions.models import Check
from contributions.models.check import FIRST
from contributions.proposals.card_facts import adapter_base, architecture_of
from evaluations.bases import ADAPTING
from hub.closure import climb, edges_above
from hub.models import Checkpoint, Dataset, FormerName, ModelVariant
from hub.models.lineage import DATA_RELATIONS, Relation

name: Final = "lineage"
label: Final = "Lineage"
needs: Final = ("origin",)
# Along these, the child has the parent's shapes. A merge may stack layers; growth adds to any of them.
SAME_SHAPES = frozenset(
    {
        *(Relation.FINETUNE, Relation.QUANTIZED, Relation.CONVERSION, Relation.DUPLICATE),
        *(Relation.CONTINUED_PRETRAIN, Relation.MERGE),
    }
)
SAME_LAYERS = SAME_SHAPES - {Relation.MERGE}
# Tokens are added, and the table padded to what a GPU likes.
VOCABULARY_TOLERANCE = 0.05
VOCABULARY_PADDING = 512
NAME = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"
IN_PROSE = re.compile(
    r"(?i)(?:duplicated? (?:from|of)|fine-?tuned? (?:version )?(?:of|from|on)|based on"
    rf"|quanti[sz]ed version of|distilled from)[\s:]{{1,3}}(?:the )?[\[`*]{{0,3}}({NAME})"
)
ORIGINS = re.compile(r"https?://huggingface\.co/")
MOST_SUGGESTED = 5
MERGEKIT = "mergekit_config.yml"


def run(context: Context) -> Verdict:
    edges = context.payload.get("edges", [])
    here = _named(edge["parent_name"] for edge in edges)
    wrong: list[Detail] = []
    doubtful = list(_unknown(edges, here))
    if context.proposal.origin_kind == "model" and context.pinned:
        wrong += _bases(context, edges)
        config = read_pinned_json(context, "config.json")
        for edge in edges:
            entry = here.get(edge["parent_name"].lower())
            if isinstance(entry, ModelVariant):
                differs, odd = compare(config, edge["relation"], entry)
                wrong += differs
                doubtful += odd
        doubtful += _adapted(context, here)
        doubtful += _suggestions(context, config, edges)
    if wrong:
        return Verdict("failed", wrong[0].text, (*wrong, *doubtful), code="lineage_differs")
    if doubtful:
        count = f" And {len(doubtful) - 1} more." if len(doubtful) > 1 else ""
        text = f"{doubtful[0].text}{count}"
        return Verdict("warning", text, tuple(doubtful), code="lineage_doubtful")
    return Verdict("passed", _told(edges))


def _told(edges: list[dict[str, Any]]) -> str:
    if not edges:
        return "It names no parents, and nothing in its files hints at one."
    return "Its parent fits." if len(edges) == 1 else f"All {len(edges)} parents fit."


# --- Parents that it names ------------------------------------------------------------------------


def _named(names: Iterable[str]) -> dict[str, ModelVariant | Dataset]:
    """Entries by their address in small letters. Two queries a name; there are few."""
    found: dict[str, ModelVariant | Dataset] = {}
    for full_name in names:
        owner, _, title = full_name.partition("/")
        entry = (
            ModelVariant.objects.named(owner, title).first()
            or Dataset.objects.named(owner, title).first()
        )
        if entry is not None:
            found[full_name.lower()] = entry
    return found


def _unknown(
    edges: list[dict[str, Any]], here: Mapping[str, ModelVariant | Dataset]
) -> Iterator[Detail]:
    for edge in edges:
        parent = edge["parent_name"]
        if parent.lower() in here:
            continue
        if moved := _moved(parent):
            text = f"{parent} is called {moved.full_name} now."
            yield Detail(
                text, "edges", proposed=parent, found=moved.full_name, fix="Revise its name."
            )
            continue
        kind = "add-dataset" if edge["is_dataset"] else "add-variant"
        text = f"{parent} is not in the catalogue yet; the edge is linked once somebody adds it."
        url = f"{reverse('submit', args=[kind])}?repo_id={parent}"
        yield Detail(text, "edges", proposed=parent, fix=f"Propose {parent} as well.", url=url)


def _moved(full_name: str) -> ModelVariant | Dataset | None:
    owner, _, title = full_name.partition("/")
    former = FormerName.objects.filter(owner__iexact=owner, name__iexact=title).first()
    return (former.variant or former.dataset) if former else None


def compare(
    config: Mapping[str, Any] | None, relation: str, parent: ModelVariant
) -> tuple[list[Detail], list[Detail]]:
    """What cannot be, and what is odd, between a child's config.json and a declared parent."""
    theirs = _config_of(parent)
    if config is None or theirs is None:
        return [], []
    wrong, odd = [], []
    own_class, other_class = architecture_of(config), architecture_of(theirs)
    same_class = relation in SAME_SHAPES or relation == Relation.SAME_ARCHITECTURE
    if same_class and own_class and other_class and own_class != other_class:
        wrong.append(_differs(parent, relation, "architecture", own_class, other_class))
    own, other = _sizes(config), _sizes(theirs)
    if relation in SAME_SHAPES and _both(own, other, "hidden_size"):
        wrong.append(
            _differs(parent, relation, "hidden_size", own["hidden_size"], other["hidden_size"])
        )
    if relation in SAME_LAYERS and _both(own, other, "num_hidden_layers"):
        key = "num_hidden_layers"
        odd.append(_differs(parent, relation, key, own[key], other[key]))
    if relation in SAME_SHAPES and "vocab_size" in own and "vocab_size" in other:
        vocabulary, before = own["vocab_size"], other["vocab_size"]
        if abs(vocabulary - before) > max(VOCABULARY_PADDING, VOCABULARY_TOLERANCE * before):
            odd.append(_differs(parent, relation, "vocab_size", vocabulary, before))
    if relation == Relation.GROWTH and own.get("hidden_size", 0) < other.get("hidden_size", 0):
        wrong.append(
            _differs(parent, relation, "hidden_size", own["hidden_size"], other["hidden_size"])
        )
    return wrong, odd


def _both(own: Mapping[str, int], other: Mapping[str, int], key: str) -> bool:
    return key in own and key in other and own[key] != other[key]


def _differs(parent: ModelVariant, relation: str, key: str, own: object, other: object) -> Detail:
    word = Relation(relation).label
    text = f"Called a {word} of {parent.full_name}, but {key} is {own} here and {other} there."
    fix = "Correct the parent or the relation; growth and distillation may change shapes."
    return Detail(text, "edges", proposed=str(own), found=str(other), fix=fix)


def _config_of(variant: ModelVariant) -> Mapping[str, Any] | None:
    """Of its newest checkpoint, if the store still has it."""
    checkpoint = variant.checkpoints.first()
    return read_kept_json(checkpoint.files, "config.json") if checkpoint else None


def _sizes(config: Mapping[str, Any]) -> dict[str, int]:
    inner = config.get("text_config")
    part = inner if isinstance(inner, dict) else config
    keys = ("hidden_size", "num_hidden_layers", "vocab_size")
    return {key: part[key] for key in keys if isinstance(part.get(key), int)}


def _bases(context: Context, edges: list[dict[str, Any]]) -> Iterator[Detail]:
    """An adapter is measured on its base, so its lineage names one and only one."""
    if not is_adapter(context.pinned):
        return
    bases = [edge["parent_name"] for edge in edges if edge["relation"] in ADAPTING]
    if not bases:
        text = "This is an adapter, and its lineage names no base to measure it on."
        yield Detail(text, "edges", fix="Add the base as its parent, with the relation adapter.")
    elif len(bases) > 1:
        text = "Its lineage names several bases; an adapter is measured on one."
        yield Detail(text, "edges", found=", ".join(bases), fix="Keep the one it was trained on.")


def _adapted(context: Context, here: Mapping[str, ModelVariant | Dataset]) -> Iterator[Detail]:
    """An adapter's matrices fit the base that it names: their inner side is one of the base's."""
    adapter = read_pinned_json(context, "adapter_config.json")
    base = here.get(adapter_base(adapter).lower())
    config = _config_of(base) if isinstance(base, ModelVariant) else None
    if config is None or not isinstance(base, ModelVariant):
        return
    inner = {key: value for key, value in config.items() if isinstance(value, int)}
    widths = {
        row[2][1] for row in table_of(context.pinned) if "lora_A" in row[0] and len(row[2]) == 2
    }
    heads = inner.get("num_attention_heads", 0) * inner.get("head_dim", 0)
    odd = widths - {inner.get("hidden_size"), inner.get("intermediate_size"), heads}
    if odd:
        text = f"The adapter fits layers {max(odd)} wide; {base.full_name} has none."
        fix = "Name the base that it was trained on in adapter_config.json and as its parent."
        yield Detail(text, "edges", proposed=base.full_name, found=str(max(odd)), fix=fix)


# --- Parents that it does not name ----------------------------------------------------------------


def _suggestions(
    context: Context, config: Mapping[str, Any] | None, edges: list[dict[str, Any]]
) -> Iterator[Detail]:
    declared = {edge["parent_name"].lower() for edge in edges}
    known = declared | {
        context.payload["repo_id"].lower(),
        context.proposal.subject(context.payload).lower(),
    }
    known |= _above(declared)
    descends = any(edge["relation"] not in DATA_RELATIONS for edge in edges)
    count = 0
    for parent, relation, reason in _hints(context, config, descends=descends):
        if parent.lower() in known or count >= MOST_SUGGESTED:
            continue
        known.add(parent.lower())
        count += 1
        edge = {
            "parent_name": parent,
            "relation": relation,
            "parent_commit": "",
            "is_dataset": False,
        }
        text = f"{reason}: is {parent} a parent ({Relation(relation).label})?"
        fix = "If so, add it; if not, say in the conversation where the likeness comes from."
        yield Detail(text, "edges", found=parent, fix=fix, parent=edge)


def _above(declared: set[str]) -> set[str]:
    """What stands above a declared parent was not forgotten."""
    variants = [entry.pk for entry in _named(declared).values() if isinstance(entry, ModelVariant)]
    return {one.entry.full_name.lower() for one in climb(variants, edges_above(variants))}


def _hints(
    context: Context, config: Mapping[str, Any] | None, *, descends: bool
) -> Iterator[tuple[str, str, str]]:
    """(parent, relation, why), the surest first."""
    for full_name in _same(context, "fingerprint"):
        yield full_name, Relation.DUPLICATE, "The tensors that were compared are the same"
    for full_name in _merged(context):
        yield full_name, Relation.MERGE, f"{MERGEKIT} names it"
    if base := adapter_base(read_pinned_json(context, "adapter_config.json")):
        yield base, Relation.ADAPTER, "adapter_config.json names it"
    stated = (config or {}).get("_name_or_path")
    if isinstance(stated, str) and re.fullmatch(NAME, stated):
        yield stated, Relation.FINETUNE, "config.json was saved from it (_name_or_path)"
    prose = ORIGINS.sub("", context.pinned.get("card_text", ""))
    for match in IN_PROSE.finditer(prose):
        words = match[0].lower()
        relation = Relation.DUPLICATE if words.startswith("dup") else Relation.FINETUNE
        relation = Relation.QUANTIZED if words.startswith("quant") else relation
        relation = Relation.DISTILLATION if words.startswith("distil") else relation
        yield match[1].rstrip("."), relation, "The card says so in its prose"
    if not descends:
        for full_name in _same(context, "shapes_digest"):
            if _same_tokenizer(context, full_name):
                reason = "Same architecture, same shapes and the same tokenizer"
                yield full_name, Relation.FINETUNE, reason


def _same(context: Context, key: str) -> list[str]:
    """Variants of merged contributions with the same digest among their findings. One query."""
    digest = context.pinned.get(key)
    if not digest:
        return []
    checks = (
        Check.objects.alias(found=KT(f"findings__{key}"))
        .filter(
            name=FIRST,
            found=digest,
            version__contribution__state="merged",
            version__contribution__variant__isnull=False,
        )
        .exclude(version__contribution=context.version.contribution_id)
    )
    rows = checks.select_related("version__contribution__variant").defer("findings").order_by("pk")
    variants = (check.version.contribution.variant for check in rows[:MOST_SUGGESTED])
    return [variant.full_name for variant in variants if variant is not None]


def _same_tokenizer(context: Context, full_name: str) -> bool:
    owner, _, title = full_name.partition("/")
    other = Checkpoint.objects.filter(variant__owner=owner, variant__name=title).first()
    theirs = {row["path"]: row["sha256"] for row in other.files} if other else {}
    own = {row["path"]: row["sha256"] for row in context.pinned["manifest"]["files"]}
    paths = ("tokenizer.json", "tokenizer.model", "vocab.json")
    return any(path in own and own[path] == theirs.get(path) for path in paths)


def _merged(context: Context) -> Iterator[str]:
    """The models of a mergekit recipe."""
    if MERGEKIT not in {file["path"] for file in context.pinned["files"]}:
        return
    text = read_start(context, MERGEKIT, length=64 * 1024).decode(errors="replace")
    # A scan for `model: owner/name` rather than a YAML reader: recipes hold anchors and anything else.
    yield from dict.fromkeys(
        re.findall(rf"(?m)^[\s-]*(?:model|base_model):\s*['\"]?({NAME})", text)
    )
