"""What is shown when something went wrong: a page, or the API's shape below /api/."""

import logging
import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hub.http import error_answer

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return error_answer("bad_request", "The request could not be read.", 400)
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return error_answer("permission_denied", str(exception) or "You may not do that.", 403)
    return render(request, "403.html", {"exception": str(exception)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW."""
    message = (
        "The form was open for too long, or cookies are switched off. Go back and send it again."
    )
    if _is_api(request):
        return error_answer("csrf_failed", reason or message, 403)
    return render(request, "403.html", {"exception": message}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return error_answer("not_found", "There is nothing at this address.", 404)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks neither the database nor the session: one of them may be what broke."""
    request_id = uuid.uuid4().hex[:12]
    logger.error("500 for %s %s: request %s", request.method, request.path, request_id)
    if _is_api(request):
        message = f"The hub met an error of its own. If it stays, name request {request_id}."
        return error_answer("server_error", message, 500, request_id=request_id)
    return render(None, "500.html", {"request_id": request_id}, status=500)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
