"""Take a vote for a waiting run back."""

from django.db import transaction

from evaluations.models import Run
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove


def take_back_vote(*, actor: User, run: Run) -> None:
    """The run goes back by just as much as this vote moved it.

    Raises IllegalMove when the run does not wait any more (its votes are history), Refusal no_vote.
    """
    with transaction.atomic():
        locked = Run.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
        if locked.state != "queued":
            raise IllegalMove(locked, "without a vote", locked.state)
        mine = locked.votes.filter(person=actor.pk).first()
        if mine is None:
            raise Refusal("no_vote", f"You have not voted for run {locked.pk}.")
        mine.delete()
        locked.turn += mine.moved
        locked.save(update_fields=["turn"])
