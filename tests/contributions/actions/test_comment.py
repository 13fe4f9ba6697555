"""Talking, and saying it in other words: nothing that was said before is lost."""

import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.models import Contribution
from hub.models import User
from hub.refusal import Refusal


def test_an_edit_keeps_what_was_said_before(brook: Contribution, sam: User) -> None:
    said = comment(author=sam, contribution=brook, body="Frist.")
    before = Contribution.objects.get(pk=brook.pk).updated_at
    said = edit_comment(actor=sam, comment=said, body=" First. ")
    said = edit_comment(actor=sam, comment=said, body="First!")
    assert said.body == "First!"
    assert said.edited_at is not None
    assert [edit.body for edit in said.edits.all()] == ["Frist.", "First."]
    assert Contribution.objects.get(pk=brook.pk).updated_at > before
    # Nobody is told twice.
    assert brook.events.filter(verb="commented").count() == 1


def test_an_edit_that_changes_nothing_leaves_no_trace(brook: Contribution, sam: User) -> None:
    said = comment(author=sam, contribution=brook, body="First.")
    with pytest.raises(Refusal) as refused:
        edit_comment(actor=sam, comment=said, body="First.\r\n")
    assert refused.value.code == "unchanged"
    with pytest.raises(Refusal):
        edit_comment(actor=sam, comment=said, body="  ")
    assert not said.edits.exists()


def test_nobody_changes_another_s_words(brook: Contribution, sam: User, dora: User) -> None:
    said = comment(author=sam, contribution=brook, body="First.")
    with pytest.raises(PermissionDenied):
        edit_comment(actor=dora, comment=said, body="Last.")
    said.refresh_from_db()
    assert said.body == "First."


def test_a_stale_copy_does_not_overwrite_the_history(brook: Contribution, sam: User) -> None:
    said = comment(author=sam, contribution=brook, body="One.")
    edit_comment(actor=sam, comment=said, body="Two.")
    assert said.body == "One."  # this copy knows nothing of the edit
    edit_comment(actor=sam, comment=said, body="Three.")
    assert [edit.body for edit in said.edits.all()] == ["One.", "Two."]
