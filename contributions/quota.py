"""How much one person may send in a while. Counted inside the transaction that writes it.

The person's row is held meanwhile: of twenty that come at once, each counts what those before it wrote.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from contributions.models import Comment, Contribution, Version
from hub.models import User
from hub.models.user import Role
from hub.refusal import Refusal

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def spend_submission(person: User) -> None:
    """One more version by `person` within a day. Raises Refusal `quota`; needs a transaction."""
    if has_no_quota(person):
        return
    most = settings.QUOTA_SUBMISSIONS_NEW if is_new(person) else settings.QUOTA_SUBMISSIONS
    _hold(person)
    sent = Version.objects.filter(author=person, created_at__gt=Now() - DAY).count()
    if sent >= most:
        message = f"You have sent {most} versions within a day, which is the most. Go on tomorrow."
        raise Refusal("quota", message)


def spend_comment(person: User) -> None:
    """One more comment by `person` within an hour. Raises Refusal `quota`; needs a transaction."""
    if has_no_quota(person):
        return
    most = settings.QUOTA_COMMENTS
    _hold(person)
    said = Comment.objects.filter(author=person, created_at__gt=Now() - HOUR).count()
    if said >= most:
        message = (
            f"You have written {most} comments within an hour, which is the most. Take a break."
        )
        raise Refusal("quota", message, fields={"body": [message]})


def has_no_quota(person: User) -> bool:
    return person.is_at_least(Role.REVIEWER)


def is_new(person: User) -> bool:
    """Whether the account is young and nothing of it was merged yet. One query at most."""
    if has_no_quota(person):
        return False
    young = User.objects.filter(
        pk=person.pk, date_joined__gt=Now() - timedelta(days=settings.NEW_ACCOUNT_DAYS)
    )
    merged = Contribution.objects.filter(author=person, state="merged")
    return young.exclude(pk__in=merged.values("author")).exists()


def _hold(person: User) -> None:
    """Not the key: rows that point at the person are written meanwhile."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
