from django.conf import settings
from django.db import models


class MailPace(models.TextChoices):
    OFF = "off", "no e-mail"
    AT_ONCE = "at_once", "at once"
    DIGEST = "digest", "one digest a day"


class MailPreference(models.Model):
    """How somebody wants to hear by mail; who has no row hears once a day."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference"
    )
    pace = models.CharField(max_length=20, choices=MailPace, default=MailPace.DIGEST)
    digested_at = models.DateTimeField(null=True, blank=True)
    # After mail that nobody took: how often in a row, and when to try again.
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, editable=False)
