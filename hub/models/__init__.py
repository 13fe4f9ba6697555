"""The catalogue's nouns, one a file."""

from hub.models.checkpoint import Checkpoint
from hub.models.dataset import Dataset
from hub.models.former_name import FormerName
from hub.models.hosted import HostedCommit, HostedRepository
from hub.models.idempotency import IdempotentAnswer
from hub.models.lineage import LineageEdge
from hub.models.origin_change import OriginChange
from hub.models.origin_token import OriginToken
from hub.models.revision import CardRevision
from hub.models.scope import Scope
from hub.models.token import Token
from hub.models.user import User
from hub.models.variant import ModelVariant
from hub.models.working_group import WorkingGroup

__all__ = [
    "CardRevision",
    "Checkpoint",
    "Dataset",
    "FormerName",
    "HostedCommit",
    "HostedRepository",
    "IdempotentAnswer",
    "LineageEdge",
    "ModelVariant",
    "OriginChange",
    "OriginToken",
    "Scope",
    "Token",
    "User",
    "WorkingGroup",
]
