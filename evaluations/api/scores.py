"""Scores, with what each sample of them came to."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.api.serializers import ScoreDetailSerializer, ScoreSerializer
from evaluations.filters import ScoreFilter
from evaluations.models import Samples, Score
from hub import store
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting

SCORES = Score.objects.select_related("checkpoint__variant", "recipe__benchmark_version__benchmark")


class ScoreList(ListEndpoint[Score]):
    queryset = SCORES
    serializer_class = ScoreSerializer
    filterset_class = ScoreFilter
    sorting = Sorting({"recorded": Key("pk")}, default="-recorded")


class ScoreDetail(Endpoint):
    @extend_schema(responses=ScoreDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        score = get_object_or_404(SCORES.select_related("samples"), pk=pk)
        return Response(ScoreDetailSerializer(score).data)


class ScoreRaw(Endpoint):
    @extend_schema(
        responses={
            (200, "application/gzip"): OpenApiResponse(OpenApiTypes.BINARY, "Gzipped JSON lines.")
        }
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        """Prompts and raw answers, as the harness wrote them: enough to score anew without a GPU.

        Not of a benchmark whose data is held out.
        """
        told = Samples.objects.exclude(raw_sha256="").exclude(
            score__recipe__benchmark_version__definition__held_out=True
        )
        samples = get_object_or_404(told, score=pk)
        try:
            raw = store.default().open(samples.raw_sha256)
        except FileNotFoundError:
            raise Http404 from None
        return FileResponse(
            raw,
            as_attachment=True,
            filename=f"score-{pk}-samples.jsonl.gz",
            content_type="application/gzip",
        )
