"""/api/: the catalogue's resources, the schema and its explanation. Other apps add theirs to v1/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

import hub.converters  # noqa: F401 registers <entry:…>
from hub.api.catalogue import (
    CheckpointList,
    CheckpointOne,
    DatasetList,
    DatasetOne,
    VariantList,
    VariantOne,
)
from hub.api.docs import Docs
from hub.api.origin_tokens import OriginTokenOne, OriginTokens
from hub.api.root import Me, Root

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", Docs.as_view(), name="api_docs"),
    path("v1/", Root.as_view(), name="api_root"),
    path("v1/me/", Me.as_view(), name="api_me"),
    path("v1/origin-tokens/", OriginTokens.as_view(), name="api_origin_token_list"),
    path("v1/origin-tokens/<int:pk>/", OriginTokenOne.as_view(), name="api_origin_token_detail"),
    path("v1/variants/", VariantList.as_view(), name="api_variant_list"),
    path(
        "v1/variants/<entry:owner>/<entry:name>/", VariantOne.as_view(), name="api_variant_detail"
    ),
    path("v1/datasets/", DatasetList.as_view(), name="api_dataset_list"),
    path(
        "v1/datasets/<entry:owner>/<entry:name>/", DatasetOne.as_view(), name="api_dataset_detail"
    ),
    path("v1/checkpoints/", CheckpointList.as_view(), name="api_checkpoint_list"),
    path("v1/checkpoints/<int:pk>/", CheckpointOne.as_view(), name="api_checkpoint_detail"),
]
