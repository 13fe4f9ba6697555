from django.db.models.functions import Now

from contributions.models import Contribution, Notification
from hub.models import User


def mark_read(
    *,
    person: User,
    contribution: Contribution | None = None,
    notification_id: int | None = None,
    up_to: int | None = None,
) -> int:
    """Mark what `person` has not read: of one contribution, one row, or everything. How many.

    `up_to` is the newest id that they saw: what came after it stays unread. What is read is not mailed.
    """
    unread = Notification.objects.filter(person=person, read_at=None)
    if contribution is not None:
        unread = unread.filter(contribution=contribution)
    if notification_id is not None:
        unread = unread.filter(pk=notification_id)
    if up_to is not None:
        unread = unread.filter(pk__lte=up_to)
    return unread.update(read_at=Now(), mail_due=False)
