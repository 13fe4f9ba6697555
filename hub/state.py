"""State is one column, one table of moves, one conditional UPDATE.

    class Door(Stateful):
        MOVES = {"open": {"shut"}, "shut": {"open", "locked"}, "locked": set()}
        state = models.CharField(max_length=20, default="open")

The table is checked when the class is made. `move()` changes the row only where it still stands in
the state that was read (and matches every further guard), so of two movers one wins and the other
gets `IllegalMove`. After takahe's state graph and healthchecks' compare-and-set.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models


class IllegalMove(Exception):
    """The row was not where the mover thought; `current` is where it stands now (None: gone)."""

    def __init__(self, thing: models.Model, to: str, current: str | None) -> None:
        name = thing._meta.verbose_name
        super().__init__(f"{name} {thing.pk} cannot become {to}: it is {current or 'gone'}.")
        self.to = to
        self.current = current


class Stateful(models.Model):
    """Mixin for a model with a `state` column and a `MOVES` table {state: states reachable}."""

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]]
    # Subclasses set the default: the state in which a row is born.
    state = models.CharField(max_length=20)

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        moves = cls.__dict__.get("MOVES")
        if moves is None:
            return
        unknown = {to for targets in moves.values() for to in targets} - set(moves)
        if unknown:
            raise ImproperlyConfigured(f"{cls.__name__}.MOVES leads to unknown {sorted(unknown)}")

    @classmethod
    def terminal_states(cls) -> frozenset[str]:
        """States without a way out."""
        return frozenset(state for state, targets in cls.MOVES.items() if not targets)

    @classmethod
    def live_states(cls) -> frozenset[str]:
        """States with a way out; what sweepers must cover."""
        return frozenset(cls.MOVES) - cls.terminal_states()

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.state, ())

    def move(self, to: str, *, guard: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Move this row to `to` and set `changes`, in one conditional UPDATE.

        `guard` holds further conditions (attempt, lease token). Raises IllegalMove when the table
        has no such move or the row stands elsewhere by now; nothing is written then.
        """
        manager = type(self)._default_manager
        conditions = {"pk": self.pk, "state": self.state, **(guard or {})}
        moved = self.can_move(to) and manager.filter(**conditions).update(state=to, **changes)
        if not moved:
            current = manager.filter(pk=self.pk).values_list("state", flat=True).first()
            raise IllegalMove(self, to, current)
        self.refresh_from_db(fields=["state", *changes])
