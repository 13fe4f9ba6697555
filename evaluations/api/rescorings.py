"""Rescorings under /api/v1/: list, ask for, look at, cancel."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.actions.cancel_rescoring import cancel_rescoring
from evaluations.actions.request_rescoring import request_rescoring
from evaluations.filters import RESCORING_SORTING, RescoringFilter
from evaluations.models import Recipe, Rescoring
from evaluations.permissions import may_rescore
from evaluations.rescoring import RESCORINGS
from hub.api.views import Endpoint, ListEndpoint
from hub.models import User
from hub.models.token import Scope


class RescoringSerializer(serializers.ModelSerializer[Rescoring]):
    """`done` of `total` scores were judged or could not be."""

    benchmark = serializers.CharField(source="from_recipe.benchmark_version.benchmark.slug")
    from_recipe = serializers.CharField(source="from_recipe.digest")
    to_recipe = serializers.CharField(source="to_recipe.digest")
    requested_by = serializers.CharField(source="requested_by.username")

    class Meta:
        model = Rescoring
        fields = [
            "id", "state", "benchmark", "from_recipe", "to_recipe", "why", "requested_by",
            "requested_at", "finished_at", "done", "total", "failure_message",
        ]  # fmt: skip
        read_only_fields = fields


class RescoringDetailSerializer(RescoringSerializer):
    report = serializers.DictField(
        help_text="`refused` and `anew`: scores that were not judged, and why; `scores`: how many went "
        "up and down; `moved`: which, with the paired difference and its 95 % interval; `boards`: "
        "ranks before and after."
    )

    class Meta(RescoringSerializer.Meta):
        fields = [*RescoringSerializer.Meta.fields, "report"]
        read_only_fields = fields


class RescoringRequestSerializer(serializers.Serializer[Any]):
    recipe = serializers.SlugRelatedField(
        slug_field="digest",
        queryset=Recipe.objects.select_related("benchmark_version__benchmark"),
        help_text="Whose answers: the digest of the old recipe.",
    )
    why = serializers.CharField(max_length=2000, help_text="What was wrong with the old scorer.")


class RescoringList(ListEndpoint[Rescoring]):
    required_scope = Scope.EVALUATE
    queryset = RESCORINGS
    serializer_class = RescoringSerializer
    filterset_class = RescoringFilter
    sorting = RESCORING_SORTING

    @extend_schema(
        operation_id="rescorings_create",
        request=RescoringRequestSerializer,
        responses={201: RescoringDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have the newest scorer judge what was answered under a recipe. Maintainers."""
        if not may_rescore(request.user):
            # Who may not ask is told so before anything is said of what was asked.
            raise PermissionDenied("Only maintainers have scores judged again.")
        asked = RescoringRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = request_rescoring(actor=request.user, **asked.validated_data)
        address = reverse("api_rescoring_detail", args=[made.pk])
        headers = {"Location": request.build_absolute_uri(address)}
        return Response(_one(made.pk), status=201, headers=headers)


class RescoringDetail(Endpoint):
    @extend_schema(responses=RescoringDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_one(pk))


class RescoringCancel(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(
        operation_id="rescorings_cancel", request=None, responses=RescoringDetailSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Stop it; scores that were made stay, the boards are as they were. Maintainers."""
        rescoring = get_object_or_404(Rescoring, pk=pk)
        cancel_rescoring(actor=cast(User, request.user), rescoring=rescoring)
        return Response(_one(pk))


def _one(pk: int) -> Any:
    return RescoringDetailSerializer(get_object_or_404(RESCORINGS, pk=pk)).data
