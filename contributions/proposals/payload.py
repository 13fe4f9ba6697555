"""Reading a payload field by field: every error is collected, and told at once."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from contributions import obligations
from hub import cards
from hub.models.entry import validate_name
from hub.refusal import Refusal

SUMMARY_LENGTH = 300
CARD_LENGTH = 200_000
MOST_TAGS = 60
MOST_PARAMETERS = 10**15
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
COMMIT = re.compile(r"[0-9a-f]{7,64}")


class Fields:
    """One pass over a payload. Ask for each field once, then `finish`."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        if not isinstance(payload, Mapping):
            raise Refusal("invalid", "The payload has to be an object.")
        self.payload = payload
        self.errors: dict[str, list[str]] = {}
        self.cleaned: dict[str, Any] = {}

    def error(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def text(self, name: str, *, most: int, required: bool = False, lines: bool = False) -> str:
        """Trimmed text without NUL (PostgreSQL refuses it); one line unless `lines`."""
        value = self.payload.get(name)
        value = "" if value is None else value
        if not isinstance(value, str):
            self.error(name, "This has to be text.")
            value = ""
        value = value.replace("\r\n", "\n").strip() if lines else " ".join(value.split())
        if "\x00" in value:
            self.error(name, "NUL characters are not allowed.")
            value = ""
        if required and not value and name not in self.errors:
            self.error(name, "This is needed.")
        if len(value) > most:
            self.error(name, f"Use at most {most:,} characters; these are {len(value):,}.")
        self.cleaned[name] = value
        return value

    def name_part(self, name: str) -> str:
        value = self.text(name, most=96, required=True)
        if value and name not in self.errors:
            try:
                validate_name(value)
            except ValidationError as error:
                self.errors[name] = list(error.messages)
        return value

    def repository(self, name: str) -> str:
        value = self.text(name, most=200, required=True)
        if value and name not in self.errors and (problem := repository_problem(value)):
            self.error(name, problem)
        return value

    def revision(self, name: str) -> str:
        value = self.text(name, most=200) or "main"
        if name not in self.errors and (not REVISION.fullmatch(value) or ".." in value):
            self.error(name, "Give a branch, a tag or a commit of the repository.")
        self.cleaned[name] = value
        return value

    def choice(self, name: str, choices: Collection[str], *, default: str = "") -> str:
        value = self.text(name, most=200) or default
        if name not in self.errors and value not in choices:
            self.error(name, f"Choose one of {', '.join(choices)}; {value or 'nothing'} was given.")
        self.cleaned[name] = value
        return value

    def licence(self) -> None:
        """A key of the Hugging Face Hub; `other` needs a name."""
        key = self.text("licence", most=60, required=True).lower()
        called = self.text("licence_name", most=120)
        if key and not cards.is_known_licence(key):
            self.error("licence", f"{key} is not a licence key. Use one, or other with its name.")
        if key == obligations.OTHER and not called:
            self.error("licence_name", "Name the licence that other stands for.")
        self.cleaned["licence"] = key

    def count(self, name: str) -> int | None:
        value = self.payload.get(name)
        if isinstance(value, str):
            digits = re.sub(r"[,\s_]", "", value)
            value = int(digits) if re.fullmatch(r"[0-9]{1,20}", digits) else (digits or None)
        counted: int | None = None
        if value is None:
            pass
        elif isinstance(value, bool) or not isinstance(value, int):
            self.error(name, "This has to be a whole number.")
        elif not 0 <= value <= MOST_PARAMETERS:
            self.error(name, f"This has to lie between 0 and {MOST_PARAMETERS:,}.")
        else:
            counted = value
        self.cleaned[name] = counted
        return counted

    def tags(self, name: str) -> None:
        """A list of words, or one text with commas. Repeats are dropped, order is kept."""
        value = self.payload.get(name)
        if isinstance(value, str):
            value = value.split(",")
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            self.error(name, "This has to be a list of words.")
            value = []
        tags = list(dict.fromkeys(" ".join(tag.split()) for tag in value))
        tags = [tag for tag in tags if tag]
        if any(len(tag) > 60 or "\x00" in tag for tag in tags):
            self.error(name, "A tag has at most 60 characters.")
        if len(tags) > MOST_TAGS:
            self.error(name, f"Use at most {MOST_TAGS} tags; these are {len(tags)}.")
        self.cleaned[name] = tags

    def rows(
        self, name: str, read: Callable[["Fields"], None], *, most: int
    ) -> list[dict[str, Any]]:
        """A list of objects, each read by `read`; errors are named `edges.0.relation`."""
        value = self.payload.get(name)
        value = [] if value is None else value
        self.cleaned[name] = []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.error(name, "This has to be a list of objects.")
            return []
        if len(value) > most:
            self.error(name, f"At most {most} are possible; these are {len(value)}.")
            return []
        for position, row in enumerate(value):
            inner = Fields(row)
            read(inner)
            inner.refuse_unknown()
            for field, messages in inner.errors.items():
                self.errors[f"{name}.{position}.{field}"] = messages
            self.cleaned[name].append(inner.cleaned)
        return list(self.cleaned[name])

    def flag(self, name: str) -> bool:
        value = self.payload.get(name, False)
        if not isinstance(value, bool):
            self.error(name, "This has to be true or false.")
            value = False
        self.cleaned[name] = value
        return value

    def refuse_unknown(self) -> None:
        for name in self.payload:
            if name not in self.cleaned:
                self.error(str(name)[:100], "There is no such field.")

    def finish(self) -> dict[str, Any]:
        self.refuse_unknown()
        if self.errors:
            count = len(self.errors)
            message = f"{count} field{'s need' if count > 1 else ' needs'} another look."
            raise Refusal("invalid", message, fields=self.errors)
        return self.cleaned


def repository_problem(value: str) -> str:
    """Why `value` cannot be `owner/name` at an origin; empty if it can."""
    owner, slash, name = value.partition("/")
    if not slash or "/" in name:
        return "Write owner/name, as the origin does."
    for part in (owner, name):
        try:
            validate_name(part)
        except ValidationError as error:
            return str(error.messages[0])
    return ""
