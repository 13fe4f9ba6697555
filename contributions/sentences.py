"""What happened, in a few words, where there is no room for the timeline: inbox, mail, feeds."""

from contributions.checks import CHECKS
from contributions.models import Event
from contributions.models.review import Verdict

HUB = "The hub"
# Of every verb: the rest of the sentence after who did it. Webhooks know these verbs too.
DEEDS = {
    "submitted": "opened this",
    "revised": "submitted version {version}",
    "signed": "signed version {version} off",
    "checked": "checked version {version}",
    "rerun": "asked for a check to run again",
    "assigned": "asked {person} for a review",
    "unassigned": "asks {person} for a review no more",
    "reviewed": "reviewed version {version}",
    "commented": "commented",
    "resolved": "resolved a thread",
    "reopened": "reopened a thread",
    "referenced": "mentioned this in #{other}",
    "reported": "reported on version {version}",
    "merged": "merged version {version}",
    "measured": "measured what was merged",
    "closed": "closed this",
    "withdrawn": "withdrew this",
}
OUTCOMES = {"failed": "failed", "errored": "could not be completed"}
RUNS = {
    "failed": "could not measure what was merged",
    "cancelled": "was told not to measure what was merged",
    "superseded": "did not measure what was merged: something newer came before it",
}
VERDICTS = {
    Verdict.APPROVE.value: "approved version {version}",
    Verdict.REQUEST_CHANGES.value: "requested changes to version {version}",
}


def sentence(event: Event) -> str:
    """`event` with its actor, review, checked and person: “ann approved version 2”."""
    if event.verb == "checked" and event.checked and event.to_state in OUTCOMES:
        name = event.checked.name
        label = CHECKS[name].label if name in CHECKS else name
        return f"“{label}” {OUTCOMES[event.to_state]} on version {event.version_number}"
    words = DEEDS.get(event.verb, f"{event.verb} this".replace("_", " "))
    if event.verb == "measured":
        words = RUNS.get(event.to_state, words)
    if event.review:
        words = VERDICTS.get(event.review.verdict, words)
    who = event.actor.username if event.actor else HUB
    person = event.person.username if event.person else "somebody"
    return f"{who} " + words.format(
        version=event.version_number, person=person, other=event.other_id
    )
