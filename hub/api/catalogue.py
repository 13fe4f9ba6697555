"""Variants, datasets and checkpoints: reading only, since they change by contributions."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from hub import search
from hub.api.serializers import (
    CheckpointDetail,
    CheckpointSummary,
    DatasetDetail,
    DatasetSummary,
    VariantDetail,
    VariantSummary,
)
from hub.api.views import Endpoint, ListEndpoint
from hub.filters import (
    CHECKPOINT_SORTING,
    DATASET_SORTING,
    VARIANT_SORTING,
    CheckpointFilter,
    DatasetFilter,
    VariantFilter,
)
from hub.models import Checkpoint, Dataset, ModelVariant


@extend_schema_view(get=extend_schema(operation_id="variants_list", summary="Model variants"))
class VariantList(ListEndpoint[ModelVariant]):
    queryset = ModelVariant.objects.all()
    serializer_class = VariantSummary
    filterset_class = VariantFilter
    sorting = VARIANT_SORTING


@extend_schema_view(get=extend_schema(operation_id="datasets_list", summary="Datasets"))
class DatasetList(ListEndpoint[Dataset]):
    queryset = Dataset.objects.all()
    serializer_class = DatasetSummary
    filterset_class = DatasetFilter
    sorting = DATASET_SORTING


@extend_schema_view(get=extend_schema(operation_id="checkpoints_list", summary="Checkpoints"))
class CheckpointList(ListEndpoint[Checkpoint]):
    queryset = Checkpoint.objects.select_related("variant").defer("files")
    serializer_class = CheckpointSummary
    filterset_class = CheckpointFilter
    sorting = CHECKPOINT_SORTING


class VariantOne(Endpoint):
    @extend_schema(
        operation_id="variants_read", summary="One model variant", responses=VariantDetail
    )
    def get(self, request: Request, owner: str, name: str) -> Response:
        """With its lineage both ways, checkpoints, current card and revisions."""
        variant: Any = search.whole_variants().at(owner, name)
        if elsewhere := _moved("api_variant_detail", variant, owner, name):
            return elsewhere
        variant.current_card = search.current_card(variant)
        return Response(VariantDetail(variant, context={"request": request}).data)


class DatasetOne(Endpoint):
    @extend_schema(operation_id="datasets_read", summary="One dataset", responses=DatasetDetail)
    def get(self, request: Request, owner: str, name: str) -> Response:
        """With what came from it, its current card and revisions."""
        dataset: Any = search.whole_datasets().at(owner, name)
        if elsewhere := _moved("api_dataset_detail", dataset, owner, name):
            return elsewhere
        dataset.current_card = search.current_card(dataset)
        return Response(DatasetDetail(dataset, context={"request": request}).data)


def _moved(
    url_name: str, entry: ModelVariant | Dataset | None, owner: str, name: str
) -> Response | None:
    """Where an entry stands that was asked for by an address it had before. Raises Http404."""
    if entry is None:
        raise Http404
    if entry.full_name.lower() == f"{owner}/{name}".lower():
        return None
    address = reverse(url_name, args=[entry.owner, entry.name])
    return Response(status=302, headers={"Location": address})


class CheckpointOne(Endpoint):
    @extend_schema(
        operation_id="checkpoints_read", summary="One checkpoint", responses=CheckpointDetail
    )
    def get(self, request: Request, pk: int) -> Response:
        """With its files: path, size in bytes and SHA-256 of each."""
        checkpoint = get_object_or_404(Checkpoint.objects.select_related("variant"), pk=pk)
        return Response(CheckpointDetail(checkpoint).data)
