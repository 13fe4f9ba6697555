from django.conf import settings
from django.db import models


class IdempotentAnswer(models.Model):
    """What the API answered to a POST that carried an Idempotency-Key, for a day.

    Written in the transaction of the request itself: the row exists if and only if its effect does.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    # SHA-256 over method, path and body: the same key with another request is an error.
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    location = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # The twin of a request in flight waits here until the first is done.
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.user_id}"
