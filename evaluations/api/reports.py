"""The report on a checkpoint, as JSON or as Markdown."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.api.serializers import CheckpointSerializer
from evaluations.report import Report, report_of
from evaluations.report_rows import Compared
from evaluations.report_text import report_markdown, sentences
from hub.api.views import Endpoint
from hub.models import Checkpoint

FORMATS = [
    OpenApiParameter("format", enum=["json", "markdown"], description="Or `Accept: text/markdown`.")
]


class MarkdownRenderer(BaseRenderer):
    media_type = "text/markdown"
    format = "markdown"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Text as it is; an error, which is data, by its message."""
        text = data["error"]["message"] if isinstance(data, Mapping) else str(data)
        return text.encode()


class ReportMeasuredSerializer(serializers.Serializer[Any]):
    """`state` is measured, waiting, running, failed, cancelled or missing."""

    state = serializers.CharField()
    value = serializers.FloatField(source="score.value", default=None, allow_null=True)
    stderr = serializers.FloatField(source="score.stderr", default=None, allow_null=True)
    n = serializers.IntegerField(source="score.n", default=None, allow_null=True)
    run = serializers.SerializerMethodField()

    def get_run(self, measured: Any) -> int | None:
        if measured.score is not None:
            return int(measured.score.run_id)
        return measured.run.pk if measured.run else None


class ComparedSerializer(serializers.Serializer[Compared]):
    """This checkpoint minus the other, in the metric's unit."""

    measured = ReportMeasuredSerializer(source="other")
    delta = serializers.FloatField(allow_null=True)
    stderr = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="95 %, of this difference alone."
    )
    paired = serializers.SerializerMethodField()
    test = serializers.CharField(source="pair.test", default=None, allow_null=True)
    n = serializers.IntegerField(source="pair.n", default=None, allow_null=True)
    gained = serializers.IntegerField(allow_null=True, help_text="Samples it does better on.")
    lost = serializers.IntegerField(allow_null=True)
    p_value = serializers.FloatField(allow_null=True)
    p_adjusted = serializers.FloatField(source="adjusted", allow_null=True, help_text="Holm.")
    verdict = serializers.CharField(help_text="better, worse, unclear, or empty.")

    def get_paired(self, compared: Compared) -> bool:
        return compared.pair is not None


class ScoreMovedSerializer(serializers.Serializer[Any]):
    """An earlier value of the same variant and benchmark, more than 0.001 away."""

    value = serializers.FloatField(source="score.value")
    run = serializers.IntegerField(source="score.run_id")
    commit = serializers.CharField(source="score.checkpoint.commit")
    recipe = serializers.CharField(source="score.recipe.digest")
    same_recipe = serializers.BooleanField()
    delta = serializers.FloatField()


class ReportRowSerializer(serializers.Serializer[Any]):
    benchmark = serializers.CharField(source="version.benchmark.slug")
    recipe = serializers.CharField(source="recipe.digest")
    metric = serializers.CharField(source="version.metric")
    unit = serializers.CharField(source="version.unit")
    higher_is_better = serializers.BooleanField(source="version.higher_is_better")
    measured = ReportMeasuredSerializer(source="mine")
    parent = ComparedSerializer()
    references = ComparedSerializer(many=True)
    moved = ScoreMovedSerializer(allow_null=True)


class ReportParentSerializer(serializers.Serializer[Any]):
    """`checkpoint` is null while the parent is not in the catalogue."""

    name = serializers.CharField()
    relation = serializers.CharField()
    checkpoint = CheckpointSerializer(allow_null=True)


class ReportReferenceSerializer(serializers.Serializer[Any]):
    checkpoint = CheckpointSerializer()
    why = serializers.CharField()


class OverallSerializer(serializers.Serializer[Any]):
    """Mean difference to the parent on the normalised scale; `count` of `total` recipes enter."""

    delta = serializers.FloatField()
    stderr = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    count = serializers.IntegerField()
    total = serializers.IntegerField()


class CheckpointReportSerializer(serializers.Serializer[Report]):
    checkpoint = CheckpointSerializer()
    parent = ReportParentSerializer(allow_null=True)
    references = ReportReferenceSerializer(many=True)
    summary = serializers.SerializerMethodField()
    overall = OverallSerializer(allow_null=True)
    rows = ReportRowSerializer(many=True)

    def get_summary(self, report: Report) -> list[str]:
        return [one.text for one in sentences(report)]


class ReportEndpoint(Endpoint):
    """A report in the format that was asked for."""

    renderer_classes = [JSONRenderer, MarkdownRenderer]

    def answer(self, request: Request, report: Report) -> Response:
        if request.accepted_renderer.format == MarkdownRenderer.format:
            return Response(report_markdown(report))
        return Response(CheckpointReportSerializer(report).data)


REPORT_RESPONSES = {
    (200, "application/json"): CheckpointReportSerializer,
    (200, "text/markdown"): OpenApiResponse(OpenApiTypes.STR, "The table as GitHub reads it."),
}


class CheckpointReport(ReportEndpoint):
    @extend_schema(
        operation_id="checkpoints_report", parameters=FORMATS, responses=REPORT_RESPONSES
    )
    def get(self, request: Request, pk: int) -> Response:
        """What the checkpoint came to, beside its parent and two reference variants."""
        found = Checkpoint.objects.select_related("variant").defer("files")
        return self.answer(request, report_of(get_object_or_404(found, pk=pk)))
