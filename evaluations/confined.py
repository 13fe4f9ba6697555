"""What an evaluation is shut into, part by part, in words: of a worker, and of what one run was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# part -> (the state that protects, what a page says then, what it says otherwise)
CONFINEMENT: Final = {
    "network": (
        "isolated",
        "no network once files are here",
        "the network stays open to evaluations",
    ),
    "files": ("private", "sees only its own files", "sees all files of this machine"),
    "processes": ("private", "sees only its own processes", "sees other processes"),
    "user": ("own", "a user of its own", "the worker's own user"),
    "syscalls": ("filtered", "dangerous system calls refused", "every system call allowed"),
}
# What says more than "otherwise": files closed by rules (Landlock), where there is no root of its own.
BETWEEN: Final = {("files", "restricted"): "other files are closed, but their names are seen"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the confinement: whether it holds, and what that means."""

    name: str
    holds: bool
    words: str


def parts_of(held: Mapping[str, str]) -> tuple[Part, ...]:
    """`held` is what a confinement answered (harness/confinement); what it did not tell is left out."""
    return tuple(
        Part(
            name=name,
            holds=held[name] == wanted,
            words=said if held[name] == wanted else BETWEEN.get((name, held[name]), otherwise),
        )
        for name, (wanted, said, otherwise) in CONFINEMENT.items()
        if name in held
    )
