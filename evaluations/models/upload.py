from django.conf import settings
from django.db import models
from django.urls import reverse

from hub.models import Checkpoint


class Upload(models.Model):
    """Result and sample files of a run on somebody's own machine, read and checked, marked as theirs.

    `facts` is what the files state (harness, versions, arguments, model sha), `findings` what the
    checks made of them: list of {"level": "error" | "warning" | "note", "code", "message"}.
    """

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="uploads")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    results_sha256 = models.CharField(max_length=64)
    # {task: SHA-256 of its samples in the store}
    samples = models.JSONField(default=dict)
    harness = models.CharField(max_length=40)
    harness_version = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "uploaded_by", "results_sha256"], name="upload_once"
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk} for {self.checkpoint}"

    def get_absolute_url(self) -> str:
        return reverse("upload_detail", args=[self.pk])
