"""Dispute an entry, a score of it or a claim about it: shown at once, decided in the open, never deleted."""

from collections.abc import Mapping
from typing import Final

from contributions.models import Contribution
from contributions.proposals._named import dataset_named, variant_named
from contributions.proposals.fields import (
    Address,
    Choice,
    Count,
    Link,
    Payload,
    Prose,
    Reading,
    Rows,
    Section,
    Text,
)
from contributions.proposals.protocol import Applied, Entry, Findings, Proposal, Sentence
from evaluations.actions.open_dispute import open_dispute
from evaluations.actions.restate_dispute import restate_dispute
from evaluations.actions.settle_dispute import settle_dispute
from evaluations.models import Claim, Dispute, Score
from evaluations.models.dispute import DisputeReason
from hub.models import Dataset, ModelVariant, User

KINDS_OF_ENTRY: Final = [("variant", "model variant"), ("dataset", "dataset")]


class FlagEntry(Proposal):
    """payload: entry (owner/name), entry_kind, score (id or None), claim (number or None), reason,
    summary, evidence, links [{url}].
    """

    kind = "flag"
    label = "Flag something"
    lead = "Contamination, a licence that does not hold, wrong lineage, something broken."
    icon = "flag"
    group = "data"
    sentence = Sentence("flags", "flagged", "flagged")
    sections = (
        Section(
            "What it is about",
            "It is marked as disputed while this is open, by everybody who looks at it.",
            (
                Choice("entry_kind", "It is a", choices=KINDS_OF_ENTRY, default="variant"),
                Address("entry", "Owner and name here", required=True),
            ),
            (
                Count("score", "One score of it", "Its id in the API; empty for all of it."),
                Count("claim", "One claim about it", "The number in its address."),
            ),
        ),
        Section(
            "What is wrong",
            "Say it so that somebody who does not know you can check it.",
            Choice(
                "reason", "Reason", choices=DisputeReason.choices, blank="Choose", required=True
            ),
            Text("summary", "In one sentence", required=True, most=300),
            Prose(
                "evidence", "Evidence", "How to see it oneself. Markdown.", required=True, rows=8
            ),
            Rows(
                "links",
                "Links",
                columns=(Link("url", "Address", required=True),),
                noun="link",
                most=20,
            ),
        ),
    )

    def validate(self, reading: Reading) -> None:
        cleaned = reading.cleaned
        entry = _entry(cleaned) if cleaned["entry"] else None
        if cleaned["entry"] and entry is None:
            reading.error("entry", f"There is no such {cleaned['entry_kind']} here.")
        if entry is None:
            return
        for name, found in (("score", _score(cleaned)), ("claim", _claim(cleaned))):
            if cleaned[name] is None:
                continue
            if found is None or _variant_of(found) != entry:
                reading.error(name, f"{entry} has no such {name}.")
        if cleaned["score"] is not None and cleaned["claim"] is not None:
            reading.error("claim", "Flag either a score or a claim.")

    def subject(self, payload: Payload) -> str:
        return str(payload["entry"])

    def title(self, payload: Payload) -> str:
        reason = DisputeReason(payload["reason"]).label
        return f"{payload['entry']}: {reason}"[:200]

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """`?variant=`, `?dataset=` (owner/name), `?run=`, `?score=` or `?claim=` (numbers)."""
        prepared = super().prepare(query)
        for kind in ("variant", "dataset"):
            if kind in query:
                prepared |= {"entry_kind": kind, "entry": query[kind]}
        found: Score | Claim | None = _score(query) or _claim(query)
        if found is None and query.get("run", "").isdecimal():
            found = Score.objects.filter(run=int(query["run"])).first()
        if found is not None:
            name = "score" if isinstance(found, Score) else "claim"
            entry = _variant_of(found).full_name
            prepared |= {"entry_kind": "variant", "entry": entry, name: found.pk}
        return prepared

    def opened(self, contribution: Contribution, payload: Payload) -> None:
        """The mark stands from the first moment; what comes of it, the review decides."""
        open_dispute(
            actor=contribution.author,
            number=contribution.pk,
            reason=payload["reason"],
            summary=payload["summary"],
            entry=_present(payload),
            score=_score(payload),
            claim=_claim(payload),
        )

    def revised(self, contribution: Contribution, payload: Payload) -> None:
        restate_dispute(
            number=contribution.pk,
            reason=payload["reason"],
            summary=payload["summary"],
            entry=_present(payload),
            score=_score(payload),
            claim=_claim(payload),
        )

    def ended(self, contribution: Contribution) -> None:
        """Merged is upheld; closed and withdrawn are dismissed."""
        last = (
            contribution.events.filter(to_state=contribution.state).select_related("actor").last()
        )
        actor = last.actor if last and last.actor else contribution.author
        upheld = contribution.state == "merged"
        settle_dispute(actor=actor, number=contribution.pk, upheld=upheld)

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        """What merging does to the dispute, `ended` does for every end."""
        entry = _present(payload)
        if isinstance(entry, Dataset):
            return Applied(dataset=entry)
        return Applied(variant=entry, claim=_claim(payload))

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        upheld = Dispute.objects.filter(number=contribution.pk, state="upheld").exists()
        return ("lift_flag", {"flag": contribution.pk}) if upheld else None


def _entry(payload: Mapping[str, object]) -> Entry | None:
    name = str(payload["entry"])
    return dataset_named(name) if payload["entry_kind"] == "dataset" else variant_named(name)


def _present(payload: Payload) -> Entry:
    entry = _entry(payload)
    if entry is None:
        raise ModelVariant.DoesNotExist(payload["entry"])
    return entry


def _score(payload: Mapping[str, object]) -> Score | None:
    key = _number(payload.get("score"))
    scores = Score.objects.select_related("checkpoint__variant")
    return None if key is None else scores.filter(pk=key).first()


def _claim(payload: Mapping[str, object]) -> Claim | None:
    key = _number(payload.get("claim"))
    return None if key is None else Claim.objects.select_related("variant").filter(pk=key).first()


def _number(value: object) -> int | None:
    """From a payload, or from a link."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _variant_of(found: Score | Claim) -> ModelVariant:
    return found.checkpoint.variant if isinstance(found, Score) else found.variant
