"""Is the licence known, and does it fit what the licences above oblige to?

Obligations travel the whole way down: along weights all of them, along outputs (a teacher, generated or
judged data) those that reach outputs. A merge has those of all its parents. A licensor who publishes a
descendant of the own model under another licence has relicensed it, and what stands above binds no more.
Worded "needs review": whether an obligation binds is a lawyer's question, that it exists is a fact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from contributions.checks.verdict import Context, Detail, Verdict
from contributions.obligations import Obligations, of_licence
from hub import cards
from hub.closure import Ancestor, climb, edges_above
from hub.models import Dataset, ModelVariant
from hub.models.lineage import Relation

name: Final = "licence"
label: Final = "Licence"
needs: Final = ("origin",)
# Along these, what the parent wrote is used, not its weights.
OUTPUTS = frozenset({Relation.DISTILLATION, Relation.GENERATED_BY, Relation.JUDGED_BY})
NOT_COPIED = frozenset({Relation.SAME_ARCHITECTURE})
PERMISSIVE = frozenset({"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense"})
UNSTATED = frozenset({"", "unknown"})
FIXES = {
    "name": "Choose a name that begins so, or explain why it need not.",
    "card_text": "Add the words to the card.",
    "licence": "Choose a licence that passes them on, or explain why it need not.",
    "edges": "Say in the conversation how the outputs were used.",
}


@dataclass(frozen=True)
class Source:
    """An entry above, and the relations from the proposal up to it, with the entries between."""

    entry: ModelVariant | Dataset
    relations: tuple[str, ...]
    via: tuple[ModelVariant, ...] = ()

    @property
    def terms(self) -> str:
        return self.entry.licence_name or self.entry.licence or "no stated licence"

    @property
    def by(self) -> str:
        """The reason, with the way that it took."""
        path = "".join(f" via {one.full_name} ({one.licence or 'no licence'})" for one in self.via)
        return f"{self.entry.full_name}{path} is under {self.terms}"

    @property
    def is_copied(self) -> bool:
        return not set(self.relations) & NOT_COPIED and not self.is_relicensed

    @property
    def is_output(self) -> bool:
        return bool(set(self.relations) & OUTPUTS)

    @property
    def is_relicensed(self) -> bool:
        """Its own licensor published a descendant, on this way, under other terms."""
        return any(
            one.owner.lower() == self.entry.owner.lower()
            and one.licence not in {self.entry.licence, *UNSTATED}
            for one in self.via
        )


def run(context: Context) -> Verdict:
    payload = context.payload
    key = payload["licence"]
    if not cards.is_known_licence(key):
        text = f"{key or 'No licence'} is not a licence key."
        detail = Detail(text, "licence", fix="Use a key of the list, or other with its name.")
        return Verdict("failed", text, (detail,), code="licence_unknown")
    details = list(_unstated(key))
    sources = list(_sources(payload.get("edges", [])))
    for source in sources:
        details += _of_source(payload, source)
    # A merge of ten models under one licence owes the same thing once.
    details = list({(detail.field, detail.found): detail for detail in reversed(details)}.values())
    if details:
        text = f"The licence needs review: {_things(len(details))} to look at."
        return Verdict("warning", text, tuple(reversed(details)), code="licence_needs_review")
    above = f" ({len(sources)} above it)" if sources else ""
    text = f"{cards.LICENCES[key]}: nothing that a parent{above} obliges to is missing."
    return Verdict("passed", text)


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"


def _unstated(key: str) -> Iterator[Detail]:
    if key == "unknown":
        text = "The licence is unknown, so nobody can rely on one. Needs review."
        yield Detail(text, "licence", fix="Ask its authors, and state what they answer.")


def _sources(edges: list[dict[str, Any]]) -> Iterator[Source]:
    """All that the catalogue knows above the declared parents, the parents first. Four queries."""
    parents = list(_parents(edges))
    for parent, relation in parents:
        yield Source(parent, (relation,))
    relations = {
        parent.pk: (parent, relation)
        for parent, relation in parents
        if isinstance(parent, ModelVariant)
    }
    for ancestor in climb(relations, edges_above(relations)):
        yield _source(ancestor, relations)


def _source(ancestor: Ancestor, start: dict[int, tuple[ModelVariant, str]]) -> Source:
    parent, relation = start[ancestor.path[0].child_id]
    between = [edge.parent for edge in ancestor.path[:-1] if edge.parent is not None]
    return Source(
        ancestor.entry, (relation, *(edge.relation for edge in ancestor.path)), (parent, *between)
    )


def _parents(edges: list[dict[str, Any]]) -> Iterator[tuple[ModelVariant | Dataset, str]]:
    """Those parents that the catalogue knows; the licence of others is not known here. Two queries."""
    for model, wanted in ((ModelVariant, False), (Dataset, True)):
        named = {
            edge["parent_name"].lower(): edge["relation"]
            for edge in edges
            if edge["is_dataset"] is wanted
        }
        if not named:
            continue
        anyone = Q(pk=None)
        for full_name in named:
            owner, _, title = full_name.partition("/")
            anyone |= Q(owner__iexact=owner, name__iexact=title)
        for entry in model._default_manager.filter(anyone).order_by("pk"):
            yield entry, named[entry.full_name.lower()]


def _of_source(payload: dict[str, Any], source: Source) -> Iterator[Detail]:
    entry, by = source.entry, source.by
    asked = of_licence(entry.licence, entry.licence_name)
    if not source.is_copied or (source.is_output and not _reaches(asked)):
        return
    own = payload["licence"]
    if source.is_output and asked.outputs_restricted and not asked.reaches_outputs:
        yield _detail(
            f"{by}, which restricts what its outputs are used for",
            "edges",
            "",
            asked.outputs_restricted,
        )
        return
    title, card = payload.get("name", ""), payload.get("card_text", "")
    if asked.name_prefix and not title.lower().startswith(asked.name_prefix.lower()):
        text = f"{by}, which asks that the name begins with “{asked.name_prefix}”"
        yield _detail(text, "name", title, asked.name_prefix)
    if asked.display_text and asked.display_text.lower() not in card.lower():
        text = f"{by}, which asks the card to say “{asked.display_text}”"
        yield _detail(text, "card_text", "", asked.display_text)
    if asked.noncommercial and not of_licence(own, payload["licence_name"]).noncommercial:
        text = f"{by}, which allows no commercial use; {own} does"
        yield _detail(text, "licence", own, entry.licence)
    if asked.use_restrictions and own in PERMISSIVE:
        text = f"{by}, whose use restrictions are passed on; {own} has none"
        yield _detail(text, "licence", own, entry.licence)


def _detail(text: str, field: str, proposed: str, found: str) -> Detail:
    return Detail(f"{text}. Needs review.", field, proposed=proposed, found=found, fix=FIXES[field])


def _reaches(asked: Obligations) -> bool:
    return asked.reaches_outputs or bool(asked.outputs_restricted)
