"""Numbers that are reported elsewhere. They come by contributions of the kind report_score."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.api.disputes import DisputeSerializer
from evaluations.claims import CLAIMS, read_claim, score_beside
from evaluations.filters import CLAIM_SORTING, ClaimFilter
from evaluations.models import Claim
from evaluations.tiers import tier_of
from hub.api.views import Endpoint, ListEndpoint


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    """`value` is in `unit`, as it was reported. Never mixed with scores: nothing ranks or averages it."""

    variant = serializers.CharField(source="variant.full_name")
    benchmark = serializers.SlugField(
        source="benchmark.slug", default=None, allow_null=True, help_text="Where the hub knows it."
    )
    contribution = serializers.IntegerField(source="number", allow_null=True)
    tier = serializers.SerializerMethodField(help_text="claimed, or traced where answers are shown")
    upload = serializers.IntegerField(source="upload_id", allow_null=True)
    superseded_by = serializers.IntegerField(source="superseded_by_id", allow_null=True)
    disputes = DisputeSerializer(source="standing_disputes", many=True)

    class Meta:
        model = Claim
        fields = [
            "id", "variant", "benchmark", "benchmark_name", "metric", "value", "unit", "stderr", "n",
            "reporter", "role", "protocol", "harness", "revision", "source", "first_reported",
            "reported_on", "contribution", "added_at", "tier", "upload", "superseded_by", "disputes",
        ]  # fmt: skip
        read_only_fields = fields

    def get_tier(self, claim: Claim) -> str:
        return tier_of(claim)


class MeasuredSerializer(serializers.Serializer[Any]):
    """The hub's own measurement, in the unit of its metric."""

    score = serializers.IntegerField(source="pk")
    run = serializers.IntegerField(source="run_id")
    metric = serializers.CharField()
    value = serializers.FloatField()
    stderr = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(source="recipe.benchmark_version.unit")


class ClaimDetailSerializer(ClaimSerializer):
    measured = serializers.SerializerMethodField()
    gap = serializers.SerializerMethodField(
        help_text="Claimed minus measured: percentage points for percent and proportions, else the unit."
    )

    class Meta(ClaimSerializer.Meta):
        fields = [*ClaimSerializer.Meta.fields, "measured", "gap"]
        read_only_fields = fields

    @extend_schema_field(MeasuredSerializer(allow_null=True))
    def get_measured(self, claim: Claim) -> Any:
        score = self.context["measured"]
        return score and MeasuredSerializer(score).data

    def get_gap(self, claim: Claim) -> float | None:
        return read_claim(claim, self.context["measured"]).gap


class ClaimList(ListEndpoint[Claim]):
    queryset = CLAIMS
    serializer_class = ClaimSerializer
    filterset_class = ClaimFilter
    sorting = CLAIM_SORTING


class ClaimDetail(Endpoint):
    @extend_schema(responses=ClaimDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """With the hub's own measurement, where there is one, and the gap to it."""
        claim = get_object_or_404(CLAIMS, pk=pk)
        context = {"measured": score_beside(claim)}
        return Response(ClaimDetailSerializer(claim, context=context).data)
