"""Results of somebody's own machine under /api/v1/."""

from typing import Any, cast

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.actions.upload_results import upload_results
from evaluations.api.serializers import CheckpointSerializer, ReplicationSerializer
from evaluations.filters import UPLOAD_SORTING, UploadFilter
from evaluations.forms import UploadForm
from evaluations.models import Upload
from evaluations.uploads.reading import UPLOADS
from hub.api.views import Endpoint, ListEndpoint
from hub.models import Checkpoint, User
from hub.models.token import Scope


class FindingSerializer(serializers.Serializer[Any]):
    """`level` is warning or note (an error refuses the upload); `task` may be empty."""

    level = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    task = serializers.CharField()


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """Marked as theirs: the hub measured none of it. `facts` is what the results file says of the run."""

    checkpoint = CheckpointSerializer()
    uploaded_by = serializers.CharField(source="uploaded_by.username")
    facts = serializers.DictField()
    findings = FindingSerializer(many=True)
    samples = serializers.DictField(child=serializers.CharField(), help_text="task: SHA-256")

    class Meta:
        model = Upload
        fields = [
            "id", "checkpoint", "uploaded_by", "uploaded_at", "harness", "harness_version", "note",
            "facts", "findings", "results_sha256", "samples",
        ]  # fmt: skip
        read_only_fields = fields


class UploadDetailSerializer(UploadSerializer):
    replications = ReplicationSerializer(many=True, help_text="Scores of the hub measured again.")

    class Meta(UploadSerializer.Meta):
        fields = [*UploadSerializer.Meta.fields, "replications"]
        read_only_fields = fields


class FilesSerializer(serializers.Serializer[Any]):
    """multipart/form-data: one results_….json and any samples_….jsonl(.gz), all as `files`."""

    files = serializers.ListField(child=serializers.FileField())
    note = serializers.CharField(required=False, max_length=2000)


class UploadList(ListEndpoint[Upload]):
    queryset = UPLOADS
    serializer_class = UploadSerializer
    filterset_class = UploadFilter
    sorting = UPLOAD_SORTING


class UploadDetail(Endpoint):
    @extend_schema(responses=UploadDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(UploadDetailSerializer(_one(pk)).data)


class CheckpointUploads(Endpoint):
    required_scope = Scope.EVALUATE
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="uploads_create",
        request={"multipart/form-data": FilesSerializer},
        responses={201: UploadDetailSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Results of lm_eval for this checkpoint, checked; scores that they measure again are replicated."""
        checkpoint = get_object_or_404(Checkpoint, pk=pk)
        form = UploadForm(cast(QueryDict, request.data), request.FILES)
        if not form.is_valid():
            raise ValidationError(
                {name: [str(each) for each in said] for name, said in form.errors.items()}
            )
        made = upload_results(actor=cast(User, request.user), checkpoint=checkpoint, **form.given())
        return Response(UploadDetailSerializer(_one(made.pk)).data, status=201)


def _one(pk: int) -> Upload:
    found = UPLOADS.prefetch_related("replications__score__recipe", "replications__requested_by")
    return get_object_or_404(found, pk=pk)
