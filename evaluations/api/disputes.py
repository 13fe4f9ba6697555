"""What stands against entries, as every resource shows it; registered when this is imported (apps.py)."""

from typing import Any

from rest_framework import serializers

from evaluations.disputes import Taint, standing_against, taints_of
from evaluations.models import Dispute
from hub.api import further


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    """`contribution` is the number where it is argued. States: open, upheld."""

    contribution = serializers.IntegerField(source="number")
    score = serializers.IntegerField(source="score_id", allow_null=True)

    class Meta:
        model = Dispute
        fields = ["contribution", "state", "reason", "summary", "score", "opened_at", "settled_at"]


class TaintSerializer(serializers.Serializer[Taint]):
    """A standing dispute that the variant inherits. `path` leads from its parent to what is disputed."""

    contribution = serializers.IntegerField(source="dispute.number")
    state = serializers.CharField(source="dispute.state")
    reason = serializers.CharField(source="dispute.reason")
    summary = serializers.CharField(source="dispute.summary")
    path = serializers.ListField(child=serializers.CharField(), help_text="owner/name each")
    reason_path = serializers.CharField(help_text="The same in words.")


def register() -> None:
    shown: Any = DisputeSerializer
    for place in ("variant", "dataset"):
        further.register(place, "disputes", shown=shown, read=standing_against)
    further.register("variant", "inherited_disputes", shown=TaintSerializer, read=taints_of)


register()
