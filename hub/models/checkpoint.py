from django.db import models

from hub.manifest import Manifest
from hub.models.variant import ModelVariant


class Checkpoint(models.Model):
    """The exact bytes: variant, commit and file manifest. Scores attach to its digest.

    `files` is a list of {"path": str, "size": bytes, "sha256": hex}, sorted by path.
    """

    variant = models.ForeignKey(ModelVariant, models.PROTECT, related_name="checkpoints")
    commit = models.CharField(max_length=64)
    files = models.JSONField()
    # Over every file that an evaluation loads (weights, configuration, tokeniser), not over prose:
    # a commit that only edits the README is not a new thing to measure.
    digest = models.CharField(max_length=64)
    # Over the weight files' contents alone, whatever they are called: finds copies.
    weights_digest = models.CharField(max_length=64, db_index=True)
    # Of an adapter: what it is measured on. Settled before its first run; the digest covers both.
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="adapters"
    )
    size = models.BigIntegerField(help_text="bytes")
    dtype = models.CharField(max_length=40, blank=True)
    parameters = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "commit"], name="checkpoint_commit_once"),
            models.CheckConstraint(
                condition=models.Q(size__gte=0), name="checkpoint_size_positive"
            ),
        ]
        indexes = [models.Index(fields=["digest"], name="checkpoint_by_digest")]

    def __str__(self) -> str:
        return f"{self.variant}@{self.commit[:8]}"

    @property
    def manifest(self) -> Manifest:
        """Its own files; of an adapter `manifest.digest` is not `digest`."""
        return Manifest(self.commit, tuple(self.files), self.parameters, self.dtype)
