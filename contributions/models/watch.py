from django.conf import settings
from django.db import models
from django.db.models import Q

from contributions.models.contribution import Contribution
from hub.models import Dataset, ModelVariant


class Watch(models.Model):
    """Somebody wants to hear of a contribution or an entry; or, muted, does not."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    contribution = models.ForeignKey(
        Contribution, models.CASCADE, null=True, blank=True, related_name="watches"
    )
    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="watches"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="watches"
    )
    # Who takes part watches by itself; who unwatched stays out until mentioned.
    muted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", name],
                condition=Q(**{f"{name}__isnull": False}),
                name=f"watch_once_a_{name}",
            )
            for name in ("contribution", "variant", "dataset")
        ]
