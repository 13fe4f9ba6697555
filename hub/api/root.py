"""Where a script starts: the list of resources, and who the script is."""

from typing import cast

from django.urls import NoReverseMatch, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.permissions import SignedIn
from hub.api.serializers import MeSerializer
from hub.api.views import Endpoint
from hub.models import User

# resource: URL name. The other apps' are known by name only.
RESOURCES = {
    "me": "api_me",
    "variants": "api_variant_list",
    "datasets": "api_dataset_list",
    "checkpoints": "api_checkpoint_list",
    "contributions": "api_contribution_list",
    "benchmarks": "api_benchmark_list",
    "recipes": "api_recipe_list",
    "boards": "api_board_list",
    "runs": "api_run_list",
    "queue": "api_queue",
    "workers": "api_worker_list",
    "scores": "api_score_list",
    "uploads": "api_upload_list",
    "claims": "api_claim_list",
    "schema": "api_schema",
    "docs": "api_docs",
}


class Root(Endpoint):
    @extend_schema(operation_id="root", summary="Resources", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """Every resource by name, with its address."""
        return Response(
            {
                name: request.build_absolute_uri(path)
                for name, url_name in RESOURCES.items()
                if (path := _path(url_name))
            }
        )


class Me(Endpoint):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="me", summary="Who am I?", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The person behind this token or session, and what the token may do."""
        return Response(MeSerializer(cast(User, request.user), context={"request": request}).data)


def _path(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
