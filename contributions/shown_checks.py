"""The checks of a version as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contributions.checks import CHECKS
from contributions.models import Check


@dataclass(frozen=True)
class ShownDetail:
    """One thing to act on; `position` is its place among the check's details."""

    position: int
    says: Mapping[str, Any]
    # The summary above says the same.
    is_repeated: bool

    @property
    def place(self) -> str:
        """A file and a line of it; empty where the text names them, or it is about no file."""
        path, line = self.says.get("path", ""), self.says.get("line")
        if not path or path in self.says["text"]:
            return ""
        return f"{path}:{line}" if line else str(path)

    @property
    def values(self) -> tuple[str, str] | None:
        """What was proposed and what was found, where both are known and differ."""
        proposed, found = self.says.get("proposed", ""), self.says.get("found", "")
        return (proposed, found) if proposed and found and proposed != found else None

    @property
    def is_empty(self) -> bool:
        more = ("fix", "url", "parent")
        return self.is_repeated and not self.values and not any(self.says.get(key) for key in more)


@dataclass(frozen=True)
class ShownCheck:
    """A check with the words that people know it by."""

    check: Check

    @property
    def label(self) -> str:
        return CHECKS[self.check.name].label if self.check.name in CHECKS else self.check.name

    @property
    def details(self) -> list[ShownDetail]:
        """What the summary does not say already, or says without what to do about it."""
        rows = [
            ShownDetail(position, says, self.check.summary.startswith(str(says["text"])[:290]))
            for position, says in enumerate(self.check.details)
        ]
        return [row for row in rows if not row.is_empty]

    @property
    def took(self) -> str:
        """Worker time in words; empty before it ended."""
        seconds = self.check.seconds
        if seconds is None:
            return ""
        if seconds < 0.1:
            return "under 0.1 s"
        if seconds < 60:
            return f"{seconds:.1f} s"
        return f"{seconds / 60:.0f} min"
