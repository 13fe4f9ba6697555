from django.db import transaction

from contributions.models import MailPreference, Notification
from contributions.models.mail_preference import MailPace
from hub.models import User
from hub.refusal import Refusal


def set_mail_pace(*, person: User, pace: str) -> MailPreference:
    """How `person` hears by mail; off also lets go of what is due already. Raises Refusal `invalid`."""
    if pace not in MailPace.values:
        message = f"Choose one of {', '.join(MailPace.values)}."
        raise Refusal("invalid", message, fields={"pace": [message]})
    with transaction.atomic():
        wish, _ = MailPreference.objects.update_or_create(person=person, defaults={"pace": pace})
        if pace == MailPace.OFF:
            Notification.objects.filter(person=person, mail_due=True).update(mail_due=False)
    return wish
