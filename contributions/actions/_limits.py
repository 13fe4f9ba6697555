"""How long what people write may be, and the one way to say that it is missing or too long."""

from hub.refusal import Refusal

NOTE_LENGTH = 10_000
BODY_LENGTH = 20_000
ASSISTED_LENGTH = 200


def prose(value: str, *, field: str, most: int = BODY_LENGTH, missing: str = "") -> str:
    """Markdown, trimmed. Refusal when longer than `most`, or empty where `missing` says why not."""
    text = value.replace("\r\n", "\n").strip()
    if "\x00" in text:
        problem = "NUL characters are not allowed."
    elif len(text) > most:
        problem = f"Use at most {most:,} characters; these are {len(text):,}."
    elif not text:
        problem = missing
    else:
        problem = ""
    if problem:
        raise Refusal("invalid", problem, fields={field: [problem]})
    return text
