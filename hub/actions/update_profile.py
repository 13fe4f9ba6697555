"""Change what one's page says about oneself."""

from hub.models import User


def update_profile(*, actor: User, first_name: str, last_name: str, about: str) -> None:
    """`about` is Markdown."""
    actor.first_name, actor.last_name, actor.about = first_name, last_name, about
    actor.save(update_fields=["first_name", "last_name", "about"])
