"""`Idempotency-Key` on POST: a caller that heard no answer asks again and nothing happens twice.

The answer is stored in the transaction that did the work, under (person, key). A refused request
wrote nothing and stores nothing: asking again tries again. A twin in flight waits for the first on
the unique constraint; after LOCK_SECONDS it gets 409 instead.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from hub.api.errors import IdempotencyInProgress, IdempotencyKeyReused
from hub.models import IdempotentAnswer, User

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEEP = timedelta(days=1)
LOCK_SECONDS = 10
LOCK_NOT_AVAILABLE = "55P03"


def asked_for(request: Request) -> bool:
    return request.method == "POST" and HEADER in request.headers and bool(request.user.is_active)


def once(request: Request, handle: Callable[[], Response]) -> Response:
    """Run `handle` and keep its answer, or give the answer that was kept."""
    key = request.headers[HEADER].strip()
    if not (0 < len(key) <= 200 and key.isprintable()):
        raise ValidationError({HEADER: ["Use 1 to 200 printable characters, such as a UUID."]})
    digest = _digest(request)
    with transaction.atomic():
        IdempotentAnswer.objects.filter(user=request.user.pk, created_at__lt=Now() - KEEP).delete()
        kept, is_first = _claim(request, key, digest)
        if not is_first:
            return _replay(kept, digest)
        response = handle()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        kept.status, kept.location = response.status_code, response.get("Location", "")
        kept.body = json.loads(json.dumps(response.data, cls=JSONEncoder))
        kept.save(update_fields=["status", "location", "body"])
        return response


def _claim(request: Request, key: str, digest: str) -> tuple[IdempotentAnswer, bool]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    try:
        claimed = IdempotentAnswer.objects.get_or_create(
            user=cast(User, request.user), key=key, defaults={"request_digest": digest}
        )
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise IdempotencyInProgress from error
        raise
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return claimed


def _replay(kept: IdempotentAnswer, digest: str) -> Response:
    if kept.request_digest != digest:
        raise IdempotencyKeyReused
    headers = {REPLAYED: "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(kept.body, status=kept.status, headers=headers)


def _digest(request: Request) -> str:
    # Over what was understood, not over the bytes: a client may write the same JSON otherwise.
    data: Any = json.dumps(request.data, sort_keys=True, cls=JSONEncoder)
    return hashlib.sha256(f"{request.method} {request.path}\n{data}".encode()).hexdigest()
