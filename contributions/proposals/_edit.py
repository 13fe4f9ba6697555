"""What editing a variant and editing a dataset share: finding the entry, its base, the three-way merge."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from contributions.merging import Conflict
from contributions.models import Contribution, Version
from contributions.proposals._entry import ADDRESS, SUMMARY, TAGS
from contributions.proposals.fields import (
    Address,
    BasedOn,
    Choice,
    Payload,
    Prose,
    Section,
    Subject,
)
from contributions.proposals.fields.base import Field
from contributions.proposals.protocol import Clash, Entry, Moved, Proposal, Sentence
from hub.models import Dataset, ModelVariant
from hub.refusal import Refusal
from hub.snapshots import snapshot

ENTRY: Final = Subject("entry", "Entry", required=True)
BASED_ON: Final = BasedOn("based_on", "Revision that was read")
WHAT_IT_IS: Final = (
    ENTRY,
    BASED_ON,
    ADDRESS,
    Address("repo_id", "Repository", "Owner and name at the origin.", required=True),
    SUMMARY,
    TAGS,
)
STANDING: Final = Section(
    "Retire it",
    "A retired entry stays readable, with who retired it and why; lists can leave it out.",
    Choice(
        "state",
        "It is",
        choices=[("published", "published"), ("retired", "retired")],
        default="published",
        required=True,
    ),
    Prose("retired_why", "Why it is retired", "Needed to retire it.", most=2000, rows=2),
)


class EditEntry(Proposal):
    """Whoever edits sends what they want it to be; what they did not touch follows everybody else."""

    model: ClassVar[type[ModelVariant] | type[Dataset]]
    icon = "pencil"
    needs_entry = True
    sentence = Sentence("wants to change", "wanted to change", "changed")

    def find(self, address: str) -> Entry:
        """By its address, or one it had before. Raises Refusal `no_entry`."""
        owner, _, name = address.partition("/")
        entry: Entry | None = self.model.objects.at(owner, name)
        if entry is None:
            message = f"There is no {address} in the catalogue."
            raise Refusal("no_entry", message, fields={"entry": [message]})
        return entry

    def complete(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        address, based_on = payload.get("entry"), payload.get("based_on")
        if not isinstance(address, str) or not address:
            return payload
        entry = self.find(address)
        read = snapshot(entry, self._number(entry, based_on))
        return {**read.facts, **payload, "entry": entry.full_name, "based_on": read.number}

    def _number(self, entry: Entry, based_on: Any) -> int | None:
        """Of a revision that there is; None for the newest. Raises Refusal."""
        text = str(based_on if based_on is not None else "").replace(",", "")
        if text in {"", "0"}:
            return None
        if not text.isdecimal() or not entry.revisions.filter(number=int(text[:9])).exists():
            message = f"{entry.full_name} has no revision {text[:20]}."
            raise Refusal("no_revision", message, fields={"based_on": [message]})
        return int(text)

    def validate(self, reading: Any) -> None:
        if reading.cleaned["state"] == "retired" and not reading.cleaned["retired_why"]:
            reading.error("retired_why", "Say why it retires: its page says so from then on.")

    def subject(self, payload: Payload) -> str:
        return str(payload["entry"])

    def title(self, payload: Payload) -> str:
        entry, wanted = payload["entry"], f"{payload['owner']}/{payload['name']}"
        if wanted != entry:
            return f"Rename {entry} to {wanted}"[:200]
        return f"{'Retire' if payload['state'] == 'retired' else 'Edit'} {entry}"[:200]

    def existing(self, payload: Payload) -> Entry | None:
        """Somebody else at the address that it would move to."""
        entry = self.find(payload["entry"])
        there = self.model.objects.named(payload["owner"], payload["name"])
        return there.exclude(pk=entry.pk).first()

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """`?entry=owner/name`: as it stands, to be corrected."""
        return dict(self.complete({"entry": query.get("entry", "")}))

    def base(self, payload: Payload) -> Payload:
        entry = self.find(payload["entry"])
        read = snapshot(entry, payload["based_on"] or None)
        return {**read.facts, "entry_id": entry.pk}

    def moved(self, version: Version) -> Moved | None:
        if not version.base:
            return None
        entry = self.model.objects.get(pk=version.base["entry_id"])
        now = snapshot(entry)
        changes = tuple(self.changes(version.base, now.facts))
        if not changes:
            return None
        payload, clashes = self.three_way(version.base, version.payload, now.facts)
        payload |= {"entry": entry.full_name, "based_on": now.number}
        return Moved(payload, changes, tuple(clashes))

    def three_way(
        self, base: Payload, mine: Payload, theirs: Payload
    ) -> tuple[Payload, list[Clash]]:
        """Field by field; what is mine stands where both sides cannot have their way."""
        merged, clashes = dict(mine), []
        for one in self.fields:
            if one.name not in theirs:
                continue
            values = (base.get(one.name), mine.get(one.name), theirs[one.name])
            try:
                merged[one.name] = one.merge(*values)
            except Conflict:
                clashes.append(_clash(one, *values))
        return merged, clashes

    def merged(self, contribution: Contribution) -> tuple[Entry, Payload]:
        """The entry and what merging makes of it. The caller holds the lineage's lock.

        Raises Refusal `conflict`: what both sides changed, or what does not fit together any more.
        """
        version = contribution.versions.get(number=contribution.head)
        entry: Entry = self.model.objects.get(pk=version.base["entry_id"])
        moved = self.moved(version)
        if moved is None:
            return entry, version.payload
        if moved.clashes:
            labels = [clash.label for clash in moved.clashes]
            message = f"{entry.full_name} changed meanwhile: {', '.join(labels)} conflict."
            raise Refusal("conflict", message, fields={c.field: [message] for c in moved.clashes})
        return entry, self.clean(moved.payload)

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        """The inverse edit, on top of what others changed since; they keep their way in a conflict."""
        version = contribution.versions.get(number=contribution.head)
        entry = self.model.objects.get(pk=version.base["entry_id"])
        now = snapshot(entry)
        payload, clashes = self.three_way(version.payload, version.base, now.facts)
        payload |= {clash.field: clash.theirs for clash in clashes}
        payload.pop("entry_id", None)
        return self.kind, {**payload, "entry": entry.full_name, "based_on": now.number}


def _clash(field: Field, base: Any, mine: Any, theirs: Any) -> Clash:
    shown = (field.show(base), field.show(mine), field.show(theirs))
    return Clash(field.name, field.label, *shown, theirs)
