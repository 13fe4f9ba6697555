"""What changed between two versions, kind by kind the same way. Newline-free values, for people."""

from contributions.proposals.protocol import Change, Payload, Proposal


def diff(proposal: Proposal, old: Payload, new: Payload) -> list[Change]:
    """Fields whose summary differs, in the order of the summary."""
    before = {row.field: row for row in proposal.summary_rows(old)}
    after = {row.field: row for row in proposal.summary_rows(new)}
    changes = []
    for name in dict.fromkeys([*before, *after]):
        was, became = before.get(name), after.get(name)
        label = (became or was).label  # type: ignore[union-attr]
        if (was and was.value) != (became and became.value):
            changes.append(
                Change(name, label, was.value if was else "", became.value if became else "")
            )
    return changes
