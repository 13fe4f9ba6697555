from django.db import models
from django.db.models import Q

from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from evaluations.models import Run
from hub.models import Dataset, ModelVariant


class Reference(models.Model):
    """A contribution's text names something; the other side shows it too."""

    source = models.ForeignKey(Contribution, models.CASCADE, related_name="references")
    # None: the note of a version says it.
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="references"
    )
    contribution = models.ForeignKey(
        Contribution, models.CASCADE, null=True, blank=True, related_name="referenced_by"
    )
    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="referenced_by"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="referenced_by"
    )
    run = models.ForeignKey(
        Run, models.CASCADE, null=True, blank=True, related_name="referenced_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", name],
                condition=Q(**{f"{name}__isnull": False}),
                name=f"reference_once_a_{name}",
            )
            for name in ("contribution", "variant", "dataset", "run")
        ]
