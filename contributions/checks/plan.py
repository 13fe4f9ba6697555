"""Which checks a version gets: its kind's plan, and what its working group requires besides."""

from contributions.proposals.protocol import Proposal
from hub.models import WorkingGroup


def planned(proposal: Proposal, group: WorkingGroup | None) -> list[tuple[str, bool]]:
    """(name, required) of each check, in the order in which pages show them.

    A group makes an advisory check required; one that the kind does not have, it cannot ask for.
    """
    plan = proposal.checks
    also = set(group.required_checks) if group else set()
    return [(name, name in plan.required or name in also) for name in plan.names]
