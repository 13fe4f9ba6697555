"""Names that one transaction holds and others wait for, where no row could be locked yet."""

from django.db import connection

# Whoever links variants to parents takes this first: two may wait for each other's name.
LINEAGE = "lineage"


def hold(*names: str) -> None:
    """Let nobody else hold these names, whatever their case, until this transaction ends.

    A unique index would do for addresses; a digest may stand on several checkpoints of one variant.
    """
    with connection.cursor() as cursor:
        for name in sorted({name.lower() for name in names}):  # one order, so no deadlock
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
