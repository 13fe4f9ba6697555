"""Bring a waiting run nearer."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evaluations.models import Run, Vote
from evaluations.permissions import may_vote
from evaluations.turns import cost_of, virtual_time
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove


def vote(*, actor: User, run: Run) -> Vote:
    """One vote of a person for a run of somebody else: it moves up by what it costs, as if its share
    had asked for one run less, and never before where the queue is now.

    Raises PermissionDenied (people, neither who asked nor of the share that it counts against),
    IllegalMove when it does not wait any more, Refusal already_voted.
    """
    if not may_vote(actor, run):
        raise PermissionDenied("People vote for waiting runs of others.")
    with transaction.atomic():
        # The lock makes a second click find the first; the unique constraint stands behind it.
        locked = Run.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
        if locked.state != "queued":
            raise IllegalMove(locked, "voted for", locked.state)
        if locked.votes.filter(person=actor).exists():
            raise Refusal("already_voted", f"You have voted for run {locked.pk}.")
        room = max(locked.turn - virtual_time(locked.queue), 0.0)
        moved = min(cost_of(locked.expected_seconds), room)
        locked.turn -= moved
        locked.save(update_fields=["turn"])
        return Vote.objects.create(run=locked, person=actor, moved=moved)
