"""Protocols that have a name: settings that several benchmarks share, declared once in suites.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

INDEX = Path(__file__).resolve().parent / "suites.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What `preset = "<name>"` sets in a benchmark, unless the benchmark says otherwise itself.

    `scores` says in words what is read from the answers.
    """

    name: str
    title: str
    description: str
    scores: str
    chat: bool = False
    system_prompt: str = ""
    repeats: int = 1
    gen_args: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Keys of a benchmark's definition."""
        words = {"name", "title", "description", "scores"}
        return {key: value for key, value in asdict(self).items() if key not in words}

    def fits(self, *, chat: bool, system_prompt: str, gen_args: Mapping[str, Any]) -> bool:
        """Whether a recipe follows it. How many answers a question gets differs by benchmark."""
        own = (self.chat, self.system_prompt, dict(self.gen_args))
        return own == (chat, system_prompt, dict(gen_args))


def read_presets(document: Mapping[str, Any]) -> dict[str, Preset]:
    """Of a parsed index, by name. TypeError for a key that no preset has."""
    return {name: Preset(name=name, **row) for name, row in document.get("preset", {}).items()}


@cache
def shipped_presets() -> dict[str, Preset]:
    return read_presets(tomllib.loads(INDEX.read_text("utf-8")))


def preset_of(*, chat: bool, system_prompt: str, gen_args: Mapping[str, Any]) -> Preset | None:
    """The protocol that a recipe with these settings follows."""
    return next(
        (
            one
            for one in shipped_presets().values()
            if one.fits(chat=chat, system_prompt=system_prompt, gen_args=gen_args)
        ),
        None,
    )
