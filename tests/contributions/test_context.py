"""What the header asks of contributions, and the ways to moderation that pages offer."""

import pytest

from contributions.actions.comment import comment
from contributions.models import Contribution
from hub.models import User
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_the_header_leads_maintainers_and_nobody_else_to_moderation(cleo: User, ben: User) -> None:
    link = 'href="/moderation/"'
    shown = [link in signed_in(one).get("/").content.decode() for one in (cleo, ben)]
    assert shown == [True, False]


def test_others_comments_can_be_reported_by_whoever_is_signed_in(
    ann: User, sam: User, brook: Contribution
) -> None:
    said = comment(author=sam, contribution=brook, body="Buy this.")
    link, page = f'href="/report/?comment={said.pk}"', brook.get_absolute_url()
    shown = [link in signed_in(one).get(page).content.decode() for one in (ann, sam)]
    assert shown == [True, False]
    assert signed_in(ann).get(f"/report/?comment={said.pk}").status_code == 200
