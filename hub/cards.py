"""Read a model or dataset card: YAML front matter, then prose. No Django, and no exceptions:

whatever a card says, `parse` returns a Card, and `problems` says what could not be read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_CARD_BYTES = 1024**2
MAX_FRONT_MATTER_BYTES = 256 * 1024
SUMMARY_LENGTH = 300
# The four that a card can say; everything else is said on the hub.
CARD_RELATIONS = ("finetune", "adapter", "merge", "quantized")
LICENCES: Mapping[str, str] = json.loads(
    Path(__file__).with_name("licences.json").read_text(encoding="utf-8")
)
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_NOT_PROSE = re.compile(r"^\s*(?:#|<|!\[|\[!|\||---|```|>|[-*+] |\d+\. |=+$)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Card:
    """`metadata` is plain JSON data (dates are text); `problems` are sentences for people."""

    metadata: dict[str, Any]
    body: str
    problems: list[str] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases: `&a [*a, *a]` nine levels deep is a gigabyte in 200 bytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read here")
        return super().compose_node(parent, index)


def parse(text: str) -> Card:
    """Split and read a card. Never raises."""
    problems: list[str] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\x00", "")
    if len(text.encode(errors="replace")) > MAX_CARD_BYTES:
        problems.append(
            f"The card is longer than {MAX_CARD_BYTES // 1024} KiB; the rest is left out."
        )
        text = text[:MAX_CARD_BYTES]
    front, body = _split(text, problems)
    metadata = _read(front, problems) if front.strip() else {}
    return Card(metadata, body.strip("\n"), problems)


def is_known_licence(key: str) -> bool:
    """Whether the Hugging Face Hub knows this licence key."""
    return key in LICENCES


def licence(card: Card) -> tuple[str, str]:
    """(key, name): the name is the card's own for `other`, else the key's; empty when not stated."""
    keys = _words(card.metadata.get("license"))
    key = keys[0].lower() if keys else ""
    stated = _words(card.metadata.get("license_name"))
    if key == "other" and stated:
        return key, stated[0]
    return key, LICENCES.get(key, stated[0] if stated else "")


def base_models(card: Card) -> list[str]:
    """Parents as `owner/name`, in the card's order, each once."""
    return _repositories(card.metadata.get("base_model"))


def relation(card: Card) -> str:
    """How the model descends from its base models: as stated, else as the Hub would infer; or ''."""
    stated = _words(card.metadata.get("base_model_relation"))
    if stated and stated[0] in CARD_RELATIONS:
        return stated[0]
    parents = base_models(card)
    if not parents:
        return ""
    if len(parents) > 1 or "merge" in tags(card):
        return "merge"
    library = _words(card.metadata.get("library_name"))
    if library == ["peft"] or {"peft", "lora", "adapter"} & set(tags(card)):
        return "adapter"
    if {"gguf", "gptq", "awq", "quantized", "bitsandbytes", "4-bit", "8-bit"} & set(tags(card)):
        return "quantized"
    return "finetune"


def datasets(card: Card) -> list[str]:
    """Datasets trained on, as `owner/name`, each once. Names without an owner are left out."""
    return _repositories(card.metadata.get("datasets"))


def tags(card: Card) -> list[str]:
    """The card's tags, each once, at most 60 characters long."""
    return _once(tag for tag in _words(card.metadata.get("tags")) if len(tag) <= 60)


def summary(card: Card) -> str:
    """The first paragraph of prose, as plain text of at most 300 characters; '' without one."""
    for paragraph in re.split(r"\n\s*\n", card.body):
        lines = paragraph.strip().splitlines()
        if not lines or _NOT_PROSE.match(lines[0]):
            continue
        plain = re.sub(r"[*_`]{1,3}", "", _LINK.sub(r"\1", " ".join(lines)))
        plain = re.sub(r"<[^>]*>", "", plain)
        plain = re.sub(r"\s+", " ", plain).strip()
        if len(plain) > SUMMARY_LENGTH:
            plain = plain[: SUMMARY_LENGTH - 1].rsplit(" ", 1)[0] + "…"
        if plain:
            return plain
    return ""


def _split(text: str, problems: list[str]) -> tuple[str, str]:
    text = text.lstrip("\n ")
    opening = _FENCE.match(text)
    if not opening:
        problems.append(
            "The card has no front matter: it does not start with a line of three dashes."
        )
        return "", text
    closing = _FENCE.search(text, opening.end())
    if not closing:
        problems.append("The front matter is not closed: a second line of three dashes is missing.")
        return "", text
    front, body = text[opening.end() : closing.start()], text[closing.end() :]
    if len(front.encode(errors="replace")) > MAX_FRONT_MATTER_BYTES:
        problems.append(f"The front matter is longer than {MAX_FRONT_MATTER_BYTES // 1024} KiB.")
        return "", body
    if _second_block(body):
        problems.append("There is a second block of front matter; only the first one counts.")
    return front, body


def _second_block(body: str) -> bool:
    """Whether the body starts with another fenced block that reads as YAML keys."""
    body = body.lstrip("\n ")
    opening = _FENCE.match(body)
    closing = _FENCE.search(body, opening.end()) if opening else None
    if not opening or not closing:
        return False
    return bool(re.match(r"\s*[a-z_-]+:", body[opening.end() : closing.start()]))


def read_yaml(text: str) -> Any:
    """Plain JSON data of a YAML text (dates are text). Raises ValueError, in words for people."""
    if len(text.encode(errors="replace")) > MAX_FRONT_MATTER_BYTES:
        raise ValueError(f"This is longer than {MAX_FRONT_MATTER_BYTES // 1024} KiB.")
    try:
        return _plain(yaml.load(text, _Loader))  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"This is not valid YAML{_where(error)}.") from error


def _read(front: str, problems: list[str]) -> dict[str, Any]:
    try:
        data = yaml.load(front, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(f"The front matter is not valid YAML{_where(error, above=1)}.")
        return {}
    if not isinstance(data, dict):
        problems.append("The front matter is not a mapping of keys to values.")
        return {}
    return {str(key): _plain(value) for key, value in data.items()}


def _where(error: Exception, *, above: int = 0) -> str:
    """` in line 3: what is wrong there`; `above` counts the lines before the YAML began."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error) or type(error).__name__
    return f" in line {mark.line + 1 + above}: {what}" if mark else f": {what}"


def _plain(value: Any) -> Any:
    """JSON data: PostgreSQL keeps no dates, NaN or NUL in jsonb."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\x00", "")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    return str(value)


def _words(value: Any) -> list[str]:
    """A text, or a list of texts: cards write both. `no` is Norwegian here, not False."""
    if value is False:
        return ["no"]
    if isinstance(value, str | int | float):
        value = [value]
    if not isinstance(value, list):
        return []
    words = ["no" if word is False else str(word).strip() for word in value if word is not None]
    return [word for word in words if word]


def _repositories(value: Any) -> list[str]:
    return _once(word for word in _words(value) if _REPO.fullmatch(word))


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
