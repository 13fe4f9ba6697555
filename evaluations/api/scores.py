"""Scores, with what each sample of them came to."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.api.serializers import ScoreDetailSerializer, TieredScoreSerializer
from evaluations.filters import ScoreFilter
from evaluations.models import Score
from evaluations.tiers import with_tier
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting

SCORES = with_tier(
    Score.objects.select_related("checkpoint__variant", "recipe__benchmark_version__benchmark")
)


class ScoreList(ListEndpoint[Score]):
    queryset = SCORES
    serializer_class = TieredScoreSerializer
    filterset_class = ScoreFilter
    sorting = Sorting({"recorded": Key("pk")}, default="-recorded")


class ScoreDetail(Endpoint):
    @extend_schema(responses=ScoreDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        score = get_object_or_404(SCORES.select_related("samples"), pk=pk)
        return Response(ScoreDetailSerializer(score).data)
