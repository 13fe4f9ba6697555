import hashlib
import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from evaluations.models.benchmark import BenchmarkVersion


class Recipe(models.Model):
    """Everything that fixes a number. Immutable; only scores of one recipe are comparable."""

    benchmark_version = models.ForeignKey(BenchmarkVersion, models.PROTECT, related_name="recipes")
    n_shot = models.PositiveSmallIntegerField(default=0)
    apply_chat_template = models.BooleanField(default=False)
    system_prompt = models.TextField(blank=True)
    generation = models.JSONField(default=dict, help_text="Generation arguments for the harness.")
    repeats = models.PositiveSmallIntegerField(default=1)
    seeds = ArrayField(models.IntegerField(), default=list)
    dtype = models.CharField(max_length=20, default="float32")
    batch_size = models.PositiveSmallIntegerField(default=16)
    # How the model is brought to answer: "hf", "vllm", "gguf", "endpoint", and its arguments
    # (quantisation, device map …).
    backend = models.CharField(max_length=30, default="hf")
    backend_args = models.JSONField(default=dict, blank=True)
    # A run with a limit is a trial; it never ranks.
    limit = models.PositiveIntegerField(null=True, blank=True)
    harness_version = models.CharField(max_length=40)
    scorer_version = models.CharField(max_length=40, default="1")
    queue = models.CharField(max_length=40, default="cpu", help_text="What a worker must have.")
    # The recipe whose kept answers a newer scorer judges again (actions/rescore.py).
    rescores = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="rescored_by"
    )
    # What measuring found about the arguments: {"batch_size": {"1": {"value", "changed", "n"}, …}}.
    sensitivity = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.benchmark_version} · {self.n_shot}-shot · {self.digest[:8]}"

    def get_absolute_url(self) -> str:
        return reverse("recipe_detail", args=[self.digest])

    def facts(self) -> dict[str, Any]:
        """All that the digest covers, JSON-ready."""
        version = self.benchmark_version
        # Only where it is not the first one's, so that digests of older recipes stay what they are.
        backend = {"backend": self.backend, "backend_args": self.backend_args}
        return {
            "benchmark": version.benchmark.slug,
            "benchmark_version": version.version,
            "task": version.task,
            "task_digest": version.digest,
            "harness": version.harness,
            "harness_version": self.harness_version,
            "metric": version.metric,
            "filter": version.filter,
            "aggregate": version.aggregate,
            "n_shot": self.n_shot,
            "apply_chat_template": self.apply_chat_template,
            "system_prompt": self.system_prompt,
            "generation": self.generation,
            "repeats": self.repeats,
            "seeds": list(self.seeds),
            "dtype": self.dtype,
            "batch_size": self.batch_size,
            "limit": self.limit,
            "scorer_version": self.scorer_version,
            **({} if backend == {"backend": "hf", "backend_args": {}} else backend),
        }

    def compute_digest(self) -> str:
        """SHA-256 over the canonical JSON of `facts()`; hex."""
        canonical = json.dumps(self.facts(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
