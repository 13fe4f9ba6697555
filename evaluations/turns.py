"""Whose turn it is: start-time fair queueing between shares, people and working groups.

A run's turn is where its share stood in the queue, plus what the run costs. A share that asks for
two hundred runs pushes its own later ones back, and nobody else's first. The queue's virtual time is
where the queue is now: a share that asked for nothing in a while starts there, not at zero, so that
having waited elsewhere gives no right to shut everybody else out. As the time moves on with what is
taken, every turn is reached: nobody starves.
"""

from evaluations.models import Run
from hub.locks import hold
from hub.models import Scope, User, WorkingGroup

# Seconds that a run costs its share when nobody knows how long it will take, and at least.
UNKNOWN_COST, LEAST_COST = 60.0, 1.0
# Workers take runs out of order (a priority, a back end that only some have), and one claim far down
# the queue must not carry its time there. The smallest of this many claims is where it really is.
CLAIMS_SEEN = 10
# Of what nobody asked for: the hub's own wish to compare.
HUB_SHARE = "hub"
# Runs of these ends were not worked on for long; they do not push back what their share asks for next.
UNCHARGED = ("failed", "cancelled", "superseded")


def person_share(person: User) -> str:
    return f"person:{person.pk}"


def group_share(group: WorkingGroup) -> str:
    return f"group:{group.slug}"


def shares_of(person: User) -> frozenset[str]:
    """The person's own, and those of the working groups in which they look after something."""
    groups = Scope.objects.filter(person=person).values_list("group__slug", flat=True)
    return frozenset({person_share(person), *(f"group:{slug}" for slug in groups)})


def hold_share(share: str) -> None:
    """Two requests of one share get different turns. Taken before anything else is locked or written."""
    hold(f"turns of {share}")


def cost_of(expected_seconds: float | None) -> float:
    return max(UNKNOWN_COST if expected_seconds is None else expected_seconds, LEAST_COST)


def next_turn(*, queue: str, share: str, cost: float) -> float:
    """The turn of a run that `share` asks for now, in the caller's transaction. Two index look-ups."""
    hold_share(share)
    asked = Run.objects.filter(queue=queue, share=share).exclude(state__in=UNCHARGED)
    last = asked.order_by("-turn").values_list("turn", flat=True).first()
    return max(virtual_time(queue), last or 0.0) + cost


def virtual_time(queue: str) -> float:
    """Where the queue is: no waiting run is brought nearer than this."""
    claimed = Run.objects.filter(queue=queue, lease_token=1, priority=0, started_at__isnull=False)
    turns = claimed.order_by("-started_at").values_list("turn", flat=True)[:CLAIMS_SEEN]
    return min(turns, default=0.0)
