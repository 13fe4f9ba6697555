"""A worker that ends says so, so that nobody waits for its next word."""

from django.db.models.functions import Now

from evaluations.models import Worker


def sign_off(name: str) -> None:
    """Called while the process ends; a worker that was killed is missed by its silence."""
    Worker.objects.filter(name=name).update(stopped_at=Now(), seen_at=Now())
