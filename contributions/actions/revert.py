from contributions import proposals
from contributions.actions.submit import submit
from contributions.models import Contribution
from contributions.proposals.protocol import Payload
from hub.models import User
from hub.refusal import Refusal


def undo(contribution: Contribution) -> tuple[str, Payload] | None:
    """The kind and payload that take a merged contribution back; None where nothing can."""
    if contribution.state != "merged":
        return None
    return proposals.get(contribution.kind).revert(contribution)


def revert(
    *,
    author: User,
    contribution: Contribution,
    note: str = "",
    sign_off: bool = False,
    assisted_by: str = "",
) -> Contribution:
    """Propose to take a merged contribution back: a contribution like any other, “Revert #N …”.

    Raises PermissionDenied, Refusal `nothing_to_revert`, or what submitting refuses.
    """
    undoing = undo(contribution)
    if undoing is None:
        raise Refusal("nothing_to_revert", f"Nothing can take #{contribution.pk} back.")
    kind, payload = undoing
    return submit(
        author=author,
        kind=kind,
        payload=payload,
        note=note,
        sign_off=sign_off,
        assisted_by=assisted_by,
        reverts=contribution,
    )
