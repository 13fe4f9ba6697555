"""The fields that adding and editing an entry share."""

from typing import Final

from contributions.proposals.fields import (
    Licence,
    LicenceName,
    Lines,
    NamePart,
    Section,
    Tags,
    Text,
)

SUMMARY_LENGTH = 300
CARD_LENGTH = 200_000
MOST_TAGS = 60

ADDRESS: Final = (
    NamePart("owner", "Owner here", required=True),
    NamePart("name", "Name here", required=True),
)
SUMMARY: Final = Text(
    "summary",
    "Summary",
    "One sentence: what it is and what it is for.",
    most=SUMMARY_LENGTH,
)
TAGS: Final = Tags("tags", "Tags", "Separated by commas.", most=MOST_TAGS)
TERMS: Final = Section(
    "Terms",
    "The licence says who may build on it, and how.",
    (
        Licence("licence", "Licence", required=True),
        LicenceName(
            "licence_name",
            "Name of the licence",
            "Needed where the licence is “other”.",
            most=120,
        ),
    ),
)
CARD: Final = Lines(
    "card_text",
    "Card",
    "Markdown, with or without front matter.",
    source="the repository",
    most=CARD_LENGTH,
)
