from contributions.models import Draft
from hub.models import User


def discard_draft(*, owner: User, path: str) -> None:
    """Forget what `owner` typed into the form at `path`; nothing happens where nothing was kept."""
    Draft.objects.filter(owner=owner, path=path).delete()
