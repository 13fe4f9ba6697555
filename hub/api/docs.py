"""The API explained: how to sign in, page and retry, every operation, and Swagger UI to try them.

The operations stand in the HTML, so the page is whole without a script. Swagger UI writes style
attributes; that, and only that, is allowed here beyond the site's policy.
"""

import json
from functools import cache
from typing import Any, TypedDict

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from hub.models.token import Scope

# The table above it lists everything already: resources stay folded until they are wanted.
SWAGGER = {"deepLinking": True, "docExpansion": "none", "defaultModelsExpandDepth": -1}
METHODS = ("get", "post", "put", "patch", "delete")


class Operation(TypedDict):
    method: str
    path: str
    summary: str


@cache
def operations() -> dict[str, list[Operation]]:
    """Operations by resource, in the schema's order. Once a process: it walks every view."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method in (name for name in METHODS if name in methods):
            found = methods[method]
            tag = found.get("tags", ["api"])[0]
            summary = found.get("summary") or found.get("description", "").partition("\n")[0]
            operation = Operation(method=method.upper(), path=path, summary=summary)
            groups.setdefault(tag, []).append(operation)
    return groups


@method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    url_name = "api_schema"
    template_name = "hub/api_docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        if "script" in request.GET:
            response.data["settings"] = json.dumps(SWAGGER)
        else:
            more = {"section": "api", "operations": operations(), "scopes": Scope.choices}
            response.data.update(more)
        return response
