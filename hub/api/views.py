"""What every view of the API stands on, in all three apps."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api import idempotency
from hub.api.schema import EndpointSchema
from hub.keyset import Sorting

M = TypeVar("M", bound=Model)


class Endpoint(APIView):
    """An APIView that knows `Idempotency-Key`. A view that takes writes names `required_scope`."""

    required_scope: str | None = None
    schema = EndpointSchema()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As REST framework does it, with the handler of a keyed POST run at most once."""
        self.args, self.kwargs = args, kwargs
        wrapped: Request = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        self.headers: Any = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            name = (wrapped.method or "").lower()
            handler = getattr(self, name, None) if name in self.http_method_names else None
            handler = handler or self.http_method_not_allowed
            if idempotency.asked_for(wrapped):
                response = idempotency.once(wrapped, lambda: handler(wrapped, *args, **kwargs))
            else:
                response = handler(wrapped, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 handle_exception raises again what it does not know
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        return self.response


class ListEndpoint(Endpoint, ListModelMixin, GenericAPIView[M]):
    """A list: `queryset`, `serializer_class`, `filterset_class` (shared with the page), `sorting`."""

    sorting: Sorting

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
