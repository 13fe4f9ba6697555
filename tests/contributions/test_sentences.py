"""What happened has words, whatever happened."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from contributions.actions._events import happened
from contributions.sentences import DEEDS, sentence
from hub.models import User
from tests.contributions.stories import head_checks, submitted

ACTIONS = Path(settings.BASE_DIR) / "contributions" / "actions"


def test_every_verb_that_an_action_writes_has_a_sentence() -> None:
    """Webhooks offer these verbs, so that one which is missing could not be asked for."""
    source = "".join(path.read_text() for path in ACTIONS.glob("*.py"))
    written = set(re.findall(r'verb="(\w+)"', source))
    assert {"submitted", "merged", "assigned"} < written <= set(DEEDS)


@pytest.mark.django_db
def test_sentences_name_who_what_and_whom(ann: User, ben: User) -> None:
    contribution = submitted(ann)
    card = head_checks(contribution)["card"]

    def said(verb: str, **fields: object) -> str:
        return sentence(happened(contribution=contribution, verb=verb, **fields))  # type: ignore[arg-type]

    assert said("assigned", actor=ann, person=ben) == "ann asked ben for a review"
    assert said("referenced", actor=ann, other=contribution) == (
        f"ann mentioned this in #{contribution.pk}"
    )
    assert said("measured", actor=None, to_state="failed") == (
        "The hub could not measure what was merged"
    )
    assert said("checked", actor=None, checked=card, to_state="failed").endswith(
        "failed on version 1"
    )
    assert said("something_new", actor=None) == "The hub something new this"
