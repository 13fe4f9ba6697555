"""How numbers are written."""

import pytest

from hub.templatetags.hub_format import human_bytes, human_count, licence_name, score_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (482_000, "482 k"),
        (999_950, "1.0 M"),
        (7_600_000_000, "7.6 B"),
        (684_000_000_000, "684 B"),
        (1_000_000_000_000, "1.0 T"),
    ],
)
def test_counts_are_written_as_people_say_them(number: int | None, text: str) -> None:
    assert human_count(number).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, ""), (12, "12 bytes"), (15_200_000_000, "15.2 GB"), (1999, "2.0 kB")],
)
def test_sizes_have_their_unit(number: int | None, text: str) -> None:
    assert human_bytes(number).replace("\N{NO-BREAK SPACE}", " ") == text


def test_scores_have_one_precision_and_a_true_minus() -> None:
    assert score_text(-0.25, 2) == "\N{MINUS SIGN}0.25"
    assert score_text(None) == "missing"


def test_a_licence_has_its_name_or_its_key() -> None:
    assert licence_name("mit") == "MIT"
    assert licence_name("made-up") == "made-up"
