from contributions.models import Block
from hub.models import User
from hub.refusal import Refusal


def block(*, blocker: User, blocked: User) -> Block:
    """Hear no more of somebody, and keep them out of what one proposed. Twice does no harm."""
    if blocker == blocked:
        raise Refusal("invalid", "Nobody can block themselves.")
    found, _ = Block.objects.get_or_create(blocker=blocker, blocked=blocked)
    return found
