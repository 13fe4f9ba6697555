"""What a text names learns of it: once a contribution, and the other contribution by an event."""

from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.actions.write_references import write_references
from contributions.models import Contribution, Event, Reference
from hub.models import User
from tests.contributions.stories import submitted, variant_payload
from tests.factories import make_dataset, make_run, make_variant


def told(contribution: Contribution) -> list[tuple[str, int | None]]:
    events = Event.objects.filter(contribution=contribution, verb="referenced")
    return [(event.actor.username if event.actor else "", event.other_id) for event in events]


def test_the_other_side_learns_of_it_once(brook: Contribution, ann: User, sam: User) -> None:
    other = submitted(ann, "headwaters/rill")
    said = comment(author=sam, contribution=brook, body=f"Like #{other.pk}, and #{brook.pk}.")
    comment(author=ann, contribution=brook, body=f"Yes, #{other.pk}.")
    edit_comment(actor=sam, comment=said, body=f"Much like #{other.pk}.")
    assert told(other) == [("sam", brook.pk)]
    assert told(brook) == []
    assert Reference.objects.get().comment == said


def test_entries_and_runs_are_kept_too(brook: Contribution, sam: User) -> None:
    variant, dataset, run = make_variant("river/brook"), make_dataset("river/pool"), make_run()
    text = f"River/brook on river/pool, run {run.pk}, but not `river/none` by @sam."
    rows = write_references(contribution=brook, text=text)
    assert [(row.variant, row.dataset, row.run) for row in rows] == [
        (variant, None, None),
        (None, dataset, None),
        (None, None, run),
    ]
    assert write_references(contribution=brook, text=text) == []


def test_the_notes_of_versions_reach_what_they_name(ann: User) -> None:
    rill, brim = submitted(ann, "headwaters/rill"), submitted(ann, "headwaters/brim")
    payload, kind = variant_payload(), "add_variant"
    brook = submit(author=ann, kind=kind, payload=payload, note=f"After #{rill.pk}.", sign_off=True)
    revise(
        actor=ann,
        contribution=brook,
        payload={**payload, "summary": "Other words."},
        note=f"As #{brim.pk} has it.",
        head=1,
        sign_off=True,
    )
    assert told(rill) == [("ann", brook.pk)]
    assert told(brim) == [("ann", brook.pk)]


def test_an_edit_and_a_review_reach_what_they_name(
    brook: Contribution, ann: User, ben: User
) -> None:
    rill, brim = submitted(ann, "headwaters/rill"), submitted(ann, "headwaters/brim")
    said = comment(author=ann, contribution=brook, body="Look.")
    edit_comment(actor=ann, comment=said, body=f"Look at #{rill.pk}.")
    review(
        reviewer=ben,
        contribution=brook,
        head=1,
        verdict="request_changes",
        body=f"As in #{brim.pk}.",
    )
    assert told(rill) == [("ann", brook.pk)]
    assert told(brim) == [("ben", brook.pk)]
