"""Names: of a repository and its revision at an origin, of an entry here."""

import re
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError

from contributions.proposals.fields.asked import Asked, words
from contributions.proposals.fields.base import Field
from contributions.proposals.fields.reading import Reading
from hub.models.entry import validate_name

REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class NamePart(Field):
    """The owner or the name of an entry's address here."""

    source: str = "the repository"
    in_summary: bool = False

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=96, required=self.required)
        if value and self.name not in reading.errors:
            try:
                validate_name(value)
            except ValidationError as error:
                reading.errors[self.name] = list(error.messages)

    def form_field(self) -> forms.Field:
        return Asked(label=self.label, required=self.required, help_text=self.help, widget=words())


@dataclass(frozen=True)
class Address(Field):
    """`owner/name`, as the catalogue or an origin has it."""

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=200, required=self.required)
        if value and self.name not in reading.errors and (problem := address_problem(value)):
            reading.error(self.name, problem)

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=words(placeholder="owner/name"),
        )


@dataclass(frozen=True)
class Repository(Address):
    """The repository that a kind fetches from: the form asks the origin once it is named."""

    template: ClassVar[str] = "contributions/submit/_repository.html"

    source: str = "the repository"


@dataclass(frozen=True)
class Revision(Field):
    """A branch, a tag or a commit; `main` where nothing is said."""

    source: str = "the repository"

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=200) or "main"
        if self.name not in reading.errors and (problem := revision_problem(value)):
            reading.error(self.name, problem)
        reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=words(**{"class": "mono"}),
        )


@dataclass(frozen=True)
class Commit(Field):
    """A commit's hexadecimal digits, at least seven of them; empty where it is not known."""

    def read(self, reading: Reading) -> None:
        value = reading.text(self.name, most=64).lower()
        if value and not COMMIT.fullmatch(value):
            reading.error(self.name, "A commit is 7 to 64 hexadecimal digits.")
        reading.cleaned[self.name] = value

    def form_field(self) -> forms.Field:
        return Asked(
            label=self.label,
            required=self.required,
            help_text=self.help,
            widget=words(**{"class": "mono"}),
        )


def address_problem(value: str) -> str:
    """Why `value` cannot be `owner/name`; empty if it can."""
    owner, slash, name = value.partition("/")
    if not slash or "/" in name:
        return "Write owner/name, as the origin does."
    for part in (owner, name):
        try:
            validate_name(part)
        except ValidationError as error:
            return str(error.messages[0])
    return ""


def revision_problem(value: str) -> str:
    if REVISION.fullmatch(value) and ".." not in value:
        return ""
    return "Give a branch, a tag or a commit of the repository."
