"""An entry as BibTeX. Format: https://ctan.org/pkg/bibtex (btxdoc), type `misc`."""

import re
from collections.abc import Iterable

from hub.models import Checkpoint, Dataset, ModelVariant, User

# What TeX takes for something else than a letter.
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}


def bibtex(
    entry: ModelVariant | Dataset,
    *,
    contributors: Iterable[User],
    url: str,
    checkpoint: Checkpoint | None = None,
) -> str:
    """One entry; `url` is its page here. The authors are its owner and who contributed it."""
    names = [f"{{{escape(entry.owner)}}}", *(f"{{{escape(_name(one))}}}" for one in contributors)]
    what = "Model variant" if isinstance(entry, ModelVariant) else "Dataset"
    notes = [what]
    if checkpoint:
        notes.append(f"commit {checkpoint.commit}, digest {checkpoint.digest[:12]}")
    if entry.licence:
        notes.append(f"licence {entry.licence_name or entry.licence}")
    lines = [
        f"@misc{{{_citation_key(entry)},",
        f"  title = {{{{{escape(entry.full_name)}}}}},",
        f"  author = {{{' and '.join(dict.fromkeys(names))}}},",
        f"  year = {{{entry.created_at:%Y}}},",
        f"  url = {{{_url(url)}}},",
        f"  note = {{{escape(', '.join(notes))}}},",
        "}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)


def _url(url: str) -> str:
    """As it is: only a brace or a space would end the field."""
    return re.sub(r"[{}\s\\]", "", url)


def _name(person: User) -> str:
    return person.get_full_name() or person.username


def _citation_key(entry: ModelVariant | Dataset) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "-", entry.full_name).strip("-").lower()
    return f"{words}-{entry.created_at:%Y}"
