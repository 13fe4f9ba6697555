"""What origins call when something changes there. Nothing they say is believed: it is a reason to look."""

import hmac
import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hub.actions.hear_of_change import hear_of_change
from hub.http import error_answer

MOST_BYTES = 256 * 1024


@csrf_exempt
@never_cache
@require_POST
def huggingface(request: HttpRequest) -> HttpResponse:
    """https://huggingface.co/docs/hub/webhooks: the secret stands in a header, word for word."""
    if not settings.ORIGIN_WEBHOOK_SECRET:
        raise Http404
    brought = request.headers.get("X-Webhook-Secret", "")
    if not hmac.compare_digest(brought.encode(), settings.ORIGIN_WEBHOOK_SECRET.encode()):
        return error_answer("forbidden", "The secret is not the one that we know.", 403)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return error_answer("too_large", f"Send at most {MOST_BYTES} bytes.", 413)
    repository, moved_to = _read(body)
    if not repository:
        return error_answer("invalid", "Send the event as JSON, with its repo.", 400)
    hear_of_change(
        kind=_text(repository, "type"),
        name=_text(repository, "name"),
        origin_id=_text(repository, "id"),
        maybe_at=_text(moved_to, "name"),
    )
    # The same whether we know such a repository or not.
    return HttpResponse(status=202)


def _read(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """`repo`, and where it moved to; empty where there is no such thing."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}, {}
    said = said if isinstance(said, dict) else {}
    found = (said.get("repo"), said.get("movedTo"))
    repository, moved_to = (part if isinstance(part, dict) else {} for part in found)
    return repository, moved_to


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    return value[:200].replace("\x00", "") if isinstance(value, str) else ""
