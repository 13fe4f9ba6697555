"""Trying a benchmark before it is proposed."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions import proposals
from contributions.api.views import asked
from hub.api.views import Endpoint
from hub.models.token import Scope


class PreviewRequest(serializers.Serializer[Any]):
    payload = serializers.DictField(help_text="As `kinds/` describes it for add_benchmark.")


class ChoiceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    right = serializers.BooleanField()


class PromptSerializer(serializers.Serializer[Any]):
    """One row as a model is asked it. `choices` is empty for an answer to be written, else `target` is."""

    row = serializers.IntegerField()
    prompt = serializers.CharField()
    choices = ChoiceSerializer(many=True)
    target = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    """`examples` stands before every prompt. `payload` names the data by its digest: submit that one."""

    examples = serializers.CharField(source="context")
    previews = PromptSerializer(many=True)
    facts = serializers.DictField()
    notes = serializers.ListField(child=serializers.CharField())
    held_out = serializers.BooleanField()
    payload = serializers.DictField()


class Preview(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="benchmarks_preview",
        summary="Render a benchmark",
        request=PreviewRequest,
        responses={200: PreviewSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ten prompts of a benchmark that is not proposed yet; 400 with errors by field and row."""
        proposal = proposals.get("add_benchmark")
        payload = proposal.clean(asked(PreviewRequest, request)["payload"])
        seen: Mapping[str, Any] = {**proposal.preview(payload), "payload": payload}
        return Response(PreviewSerializer(seen).data)
