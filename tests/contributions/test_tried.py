"""What the smoke test tried before a merge needs no trial after it."""

import pytest

from contributions.models import Check
from contributions.tried import passed_smoke
from evaluations.trials import is_proven
from hub.models import User
from tests.contributions.stories import submitted
from tests.factories import make_checkpoint

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "proven"), [("passed", True), ("warning", True), ("failed", False), ("queued", False)]
)
def test_bytes_that_passed_the_smoke_test_are_proven(ann: User, state: str, proven: bool) -> None:
    checkpoint = make_checkpoint()
    check, _ = Check.objects.get_or_create(
        version=submitted(ann).versions.get(), name="smoke", defaults={"state": state}
    )
    Check.objects.filter(pk=check.pk).update(state=state, findings={"digest": checkpoint.digest})
    assert passed_smoke(checkpoint.digest) is proven
    assert is_proven(checkpoint) is proven
    assert not is_proven(make_checkpoint())
