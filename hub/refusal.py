"""How an action says no to what it was given (for who asked: PermissionDenied; for when: IllegalMove)."""

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """The request makes no sense as it stands; nothing was written.

    `code` is stable and machine-readable, `message` one sentence a person can act on, `fields` maps a
    field's name to what is wrong with it. Pages show it beside the fields, the API answers 400 with it.
    """

    def __init__(
        self, code: str, message: str, *, fields: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = {name: list(errors) for name, errors in (fields or {}).items()}
