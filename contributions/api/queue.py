"""What waits for whom."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ListField

from contributions.api.serializers import ContributionSummary, RequirementSerializer
from contributions.api.views import person
from contributions.filters import QueueFilter
from contributions.models import Contribution
from contributions.queue import SORTING, WHICH, read_waiting, waiting_for
from hub.api.permissions import SignedIn
from hub.api.views import ListEndpoint


class WaitingSerializer(ContributionSummary):
    """`blocks`: what a merge lacks, as far as a list can say; `asked`: whose review was asked for."""

    blocks = RequirementSerializer(many=True)
    asked = ListField(child=CharField())

    class Meta(ContributionSummary.Meta):
        fields = [*ContributionSummary.Meta.fields, "blocks", "asked"]

    def to_representation(self, one: Any) -> Any:
        data = ContributionSummary(one.contribution, context=self.context).data
        blocks = RequirementSerializer(one.blocks, many=True).data
        return {**data, "blocks": blocks, "asked": list(one.asked)}


class ReviewQueue(ListEndpoint[Contribution]):
    permission_classes = (SignedIn,)
    queryset = Contribution.objects.none()
    serializer_class = WaitingSerializer
    filterset_class = QueueFilter
    sorting = SORTING

    def get_queryset(self) -> QuerySet[Contribution]:
        which = self.request.query_params.get("which", "")
        return waiting_for(person(self.request), which if which in dict(WHICH) else "waiting")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        return read_waiting(rows or [])

    @extend_schema(
        operation_id="contributions_queue",
        summary="Review queue",
        parameters=[
            OpenApiParameter(
                "which", OpenApiTypes.STR, enum=[value for value, _ in WHICH], default="waiting"
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What waits for the caller, oldest first."""
        return super().get(request, *args, **kwargs)
