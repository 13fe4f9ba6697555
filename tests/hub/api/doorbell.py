"""A small API of the tests' own: what every Endpoint does, without another app's rules."""

import threading
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import include, path
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import Endpoint
from hub.models import WorkingGroup
from hub.refusal import Refusal
from hub.state import IllegalMove

# Set by a test that wants the first of two twins to stay inside for a while.
inside = threading.Event()
go_on = threading.Event()
go_on.set()


class Ring(Endpoint):
    """POST makes a working group: something that must not happen twice."""

    required_scope = "contribute"

    def get(self, request: Request) -> Response:
        return Response({"rings": WorkingGroup.objects.count()})

    def post(self, request: Request) -> Response:
        data: Any = request.data
        slug = data["slug"]
        group = WorkingGroup.objects.create(slug=slug, name=slug)
        inside.set()
        go_on.wait(10)
        if data.get("fail") == "refusal":
            raise Refusal("too_loud", "That is too loud.", fields={"slug": ["Softer."]})
        if data.get("fail") == "answer":
            return Response({"no": True}, status=400)
        return Response({"id": group.pk}, status=201, headers={"Location": f"/rings/{group.pk}"})


class NoScope(Endpoint):
    """Forgot to say which scope it needs: takes no writes at all."""

    def post(self, request: Request) -> Response:
        return Response({"reached": True})


class Trouble(Endpoint):
    """Raises what its address names."""

    def get(self, request: Request, kind: str) -> Response:
        raise {
            "refusal": Refusal("too_loud", "That is too loud.", fields={"slug": ["Softer."]}),
            "moved": IllegalMove(WorkingGroup(pk=7), "rung", "silent"),
            "denied": PermissionDenied("Not you."),
            "missing": Http404(),
            "nested": ValidationError({"edges": [{}, {"relation": ["Unknown."]}]}),
            "loose": ValidationError("All of it is wrong."),
            "bug": ZeroDivisionError("a secret"),
        }[kind]


urlpatterns = [
    path("api/ring/", Ring.as_view()),
    path("api/no-scope/", NoScope.as_view()),
    path("api/trouble/<str:kind>/", Trouble.as_view()),
    path("", include("hub.urls")),
]
handler404 = "hub.views.errors.page_not_found"
handler500 = "hub.views.errors.server_error"
