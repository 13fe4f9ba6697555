import pytest
from django.contrib.auth.models import AnonymousUser

from contributions import permissions
from contributions.models import Contribution
from hub.models import User

pytestmark = pytest.mark.django_db
ASKED = {
    "revise": permissions.may_revise,
    "withdraw": permissions.may_withdraw,
    "rerun": permissions.may_rerun,
    "review": permissions.may_review,
    "merge": permissions.may_merge,
    "close": permissions.may_close,
}


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("nobody", ""),
        ("sam", ""),
        ("ann", "revise withdraw rerun"),
        ("ben", "review"),
        ("cleo", "rerun review merge close"),
        ("dora", "rerun review merge close"),
    ],
)
def test_each_of_the_cast_may_what_their_role_says(
    brook: Contribution, ann: User, ben: User, cleo: User, dora: User, sam: User, who: str, may: str
) -> None:
    cast: dict[str, User | AnonymousUser] = {
        "nobody": AnonymousUser(),
        "ann": ann,
        "ben": ben,
        "cleo": cleo,
        "dora": dora,
        "sam": sam,
    }
    answered = {verb for verb, ask in ASKED.items() if ask(cast[who], brook)}
    assert answered == set(may.split())
    assert permissions.may_comment(cast[who]) is (who != "nobody")


def test_after_the_end_nobody_moves_it(brook: Contribution, ann: User, cleo: User) -> None:
    brook.move_on("closed")
    assert not [verb for verb, ask in ASKED.items() if ask(ann, brook) or ask(cleo, brook)]
