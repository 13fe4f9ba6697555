"""A run that a merge asked for is told of when it ends, once, and by nobody but the sweep."""

from contributions.actions.merge import merge
from contributions.actions.tell_of_runs import tell_of_runs
from contributions.models import AwaitedRun, Contribution, Event
from contributions.tasks import sweep
from evaluations.models import Run
from hub.models import User
from tests.contributions.stories import approved
from tests.factories import make_board, make_recipe


def measured(contribution: Contribution) -> list[tuple[str, int | None, str]]:
    events = Event.objects.filter(contribution=contribution, verb="measured")
    return [(event.to_state, event.run_id, event.why) for event in events]


def test_the_end_of_a_run_is_told_once(brook: Contribution, ben: User, cleo: User) -> None:
    make_board("rivers", [make_recipe()], automatic=True)
    merge(actor=cleo, contribution=approved(brook, ben), head=1)
    run = Run.objects.get()
    assert AwaitedRun.objects.get().run == run
    assert tell_of_runs() == 0
    Run.objects.filter(pk=run.pk).update(state="published")
    sweep()
    assert tell_of_runs() == 0
    assert measured(brook) == [("published", run.pk, "")]


def test_a_failure_says_why(brook: Contribution, ben: User, cleo: User) -> None:
    make_board("rivers", [make_recipe()], automatic=True)
    merge(actor=cleo, contribution=approved(brook, ben), head=1)
    Run.objects.update(
        state="failed", failure_code="out_of_memory", failure_message="It did not fit."
    )
    assert tell_of_runs() == 1
    assert [row[::2] for row in measured(brook)] == [("failed", "It did not fit.")]
