"""The Hugging Face Hub's error contract: `X-Error-Code` decides, the status is for proxies."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class MirrorError(Exception):
    """An answer other than success; `code` may be empty, as for the Hub's own plain refusals."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def response(self) -> HttpResponse:
        headers = {"X-Error-Message": self.message, "Cache-Control": "no-store", **self.headers}
        if self.code:
            headers["X-Error-Code"] = self.code
        return JsonResponse({"error": self.message}, status=self.status, headers=headers)


class Moved(Exception):
    """The repository has another name by now; `location` is the same request there."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class TemporaryRedirect(HttpResponseRedirect):
    status_code = 307


def answers(*methods: str) -> Callable[[View[P]], View[P]]:
    """A view of the mirror: these methods only, every MirrorError as the client expects it.

    No CSRF token: nothing here writes, and `paths-info` is a question asked by POST.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise MirrorError(501, "", "This mirror only reads.")
                return view(request, *args, **kwargs)
            except Moved as moved:
                return TemporaryRedirect(moved.location)
            except MirrorError as error:
                return error.response()

        return csrf_exempt(wrapped)

    return decorate
