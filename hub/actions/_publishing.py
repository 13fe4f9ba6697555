"""What publishing a variant and publishing a dataset share."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower

from hub.models import Dataset, LineageEdge, ModelVariant, User
from hub.models.lineage import DATA_RELATIONS
from hub.models.user import Role
from hub.refusal import Refusal


def check_may_publish(actor: User) -> None:
    """Reviewers and above, and whoever looks after something. Which of them: contributions say."""
    if actor.is_at_least(Role.REVIEWER):
        return
    if not actor.is_active or not actor.scopes.exists():
        raise PermissionDenied("Publishing is for reviewers and maintainers.")


def check_fields(entry: ModelVariant | Dataset) -> None:
    """Raise Refusal with each field's errors."""
    try:
        entry.clean_fields()
    except ValidationError as error:
        raise Refusal(
            "invalid", "Some fields need another look.", fields=error.message_dict
        ) from error


def refuse_second(entry: ModelVariant | Dataset, there: ModelVariant | Dataset | None) -> None:
    """Addresses are taken once, whatever their case; retired entries keep theirs."""
    if there is not None:
        state = "" if there.state == "published" else f" ({there.state})"
        message = f"{there.full_name} is already here{state}."
        raise Refusal("already_here", message, fields={"name": [message]})


def waiting_edges(names: Iterable[str], *, data: bool) -> QuerySet[LineageEdge]:
    """Edges that name one of these parents and are linked to nothing yet.

    `data` picks those whose parent is a dataset; reads the index on Lower(parent_name).
    """
    edges = LineageEdge.objects.alias(lower_name=Lower("parent_name")).filter(
        lower_name__in={name.lower() for name in names}, parent=None, parent_dataset=None
    )
    if data:
        return edges.filter(relation__in=DATA_RELATIONS)
    return edges.exclude(relation__in=DATA_RELATIONS)
