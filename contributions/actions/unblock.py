from contributions.models import Block
from hub.models import User


def unblock(*, blocker: User, blocked: User) -> None:
    """Take a block back. Twice does no harm."""
    Block.objects.filter(blocker=blocker, blocked=blocked).delete()
