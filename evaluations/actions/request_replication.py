"""Ask for what is known to be measured once more."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evaluations.actions.request import create_run, refuse_a_flood
from evaluations.models import Run
from evaluations.models.run import Purpose
from evaluations.permissions import has_no_limit, may_replicate
from evaluations.turns import hold_share, person_share
from hub.models import User
from hub.queue import send_on_commit
from hub.refusal import Refusal


def request_replication(*, actor: User, run: Run) -> Run:
    """A waiting run of the same bytes under the same recipes; it makes no score and claims no place.

    Raises PermissionDenied (people, and not who asked for the first), Refusal: nothing_to_replicate,
    already_requested, too_many_waiting.
    """
    if not may_replicate(actor, run):
        raise PermissionDenied("People other than who asked for a run measure it again.")
    if run.purpose != Purpose.MEASURE or run.state != "published":
        message = f"Run {run.pk} published no scores that could be measured again."
        raise Refusal("nothing_to_replicate", message)
    recipes = [item.recipe for item in run.items.select_related("recipe")]
    with transaction.atomic():
        # Whoever clicks twice finds their first.
        hold_share(person_share(actor))
        waiting = Run.objects.live().filter(
            purpose=Purpose.REPLICATE,
            requested_by=actor,
            items__checkpoint_digest=run.checkpoint.digest,
            items__recipe__in=recipes,
        )
        if there := waiting.first():
            message = f"Your run {there.pk} measures this again already."
            raise Refusal("already_requested", message)
        again = create_run(actor, run.checkpoint, run.queue, recipes, purpose=Purpose.REPLICATE)
        if not has_no_limit(actor):
            refuse_a_flood(actor)
    send_on_commit("evaluations.work", again.queue, queue=again.queue)
    return again
