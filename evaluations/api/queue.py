"""The queue: one row for each queue that has work or workers."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.forecast import Line, lines
from hub.api.views import Endpoint


class QueueSerializer(serializers.Serializer[Any]):
    """`waiting` runs wait for a worker, `held_back` ones for a trial or the end of a pause first.

    `slots` is how many runs the `workers` take at once. `expected_wait_seconds`: until a run that
    joined at the end would be taken; null where nobody can know.
    """

    queue = serializers.CharField()
    waiting = serializers.IntegerField(source="due")
    held_back = serializers.IntegerField()
    running = serializers.IntegerField()
    oldest_requested_at = serializers.DateTimeField(source="oldest", allow_null=True)
    oldest_age_seconds = serializers.SerializerMethodField()
    workers = serializers.IntegerField()
    draining = serializers.IntegerField()
    slots = serializers.IntegerField()
    typical_seconds = serializers.FloatField(source="typical", allow_null=True)
    expected_wait_seconds = serializers.FloatField(source="wait", allow_null=True)

    def get_oldest_age_seconds(self, line: Line) -> float | None:
        return (timezone.now() - line.oldest).total_seconds() if line.oldest else None


class QueueOverview(Endpoint):
    @extend_schema(operation_id="queue_overview", responses=QueueSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every queue: what waits and since when, what runs, who serves it. The runs themselves are at
        `/api/v1/runs/?state=queued&queue=cpu&ordering=-priority,turn`."""
        return Response(QueueSerializer(list(lines().values()), many=True).data)
