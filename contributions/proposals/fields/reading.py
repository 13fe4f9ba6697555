"""Reading a payload field by field: every error is collected, and told at once."""

from collections.abc import Mapping
from typing import Any

from hub.refusal import Refusal


class Reading:
    """One pass over a payload. Every field reads its own value; then `finish`."""

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

    def refuse_unknown(self) -> None:
        for name in self.payload:
            if name not in self.cleaned:
                self.error(str(name)[:100], "There is no such field.")

    def finish(self) -> dict[str, Any]:
        """The payload as it is kept. Raises Refusal `invalid` with every field's errors."""
        self.refuse_unknown()
        if self.errors:
            count = len(self.errors)
            message = f"{count} field{'s need' if count > 1 else ' needs'} another look."
            raise Refusal("invalid", message, fields=self.errors)
        return self.cleaned
