"""Everything that goes wrong in the API, put into the one error shape (hub/http.py)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hub.http import error_body
from hub.refusal import Refusal
from hub.state import IllegalMove

Fields = dict[str, list[str]]


class IdempotencyKeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request within the last day."


class IdempotencyInProgress(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency_in_progress"
    default_detail = "The first request with this Idempotency-Key is still at work. Ask again."


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The API's one exception handler. None: a bug, which becomes a 500 in the same shape."""
    match error:
        case Refusal():
            response = _plain(error.code, error.message, status.HTTP_400_BAD_REQUEST, error.fields)
        case IllegalMove():
            response = _plain("illegal_move", str(error), status.HTTP_409_CONFLICT)
        case PermissionDenied():
            message = str(error) or "You may not do that."
            response = _plain("permission_denied", message, status.HTTP_403_FORBIDDEN)
        case Http404():
            response = _plain("not_found", "There is no such thing.", status.HTTP_404_NOT_FOUND)
        case exceptions.APIException():
            response = _of_framework(error)
        case _:
            return None
    set_rollback()
    return response


def _plain(code: str, message: str, status_code: int, fields: Fields | None = None) -> Response:
    return Response(error_body(code, message, fields), status=status_code)


def _of_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        fields = _flat(error.detail)
        message = "Some of what was sent cannot be taken; each field says why."
        loose = fields.pop("", None)
        response = _plain("invalid", loose[0] if loose else message, error.status_code, fields)
    else:
        response = _plain(_code_of(error), _sentence(error), error.status_code)
    for header, attribute in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait")):
        value = getattr(error, attribute, None)
        if value is not None:
            response[header] = str(value)
    return response


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _sentence(error: exceptions.APIException) -> str:
    detail = error.detail
    return str(detail) if isinstance(detail, str) else "The request was refused."


def _flat(detail: Any, path: str = "") -> Fields:
    """Nested errors as `{"edges.0.relation": [...]}`; errors of no field under ""."""
    if isinstance(detail, Mapping):
        pairs = [
            ("" if key == "non_field_errors" else str(key), part) for key, part in detail.items()
        ]
    elif isinstance(detail, list) and any(isinstance(part, Mapping | list) for part in detail):
        pairs = [(str(index), part) for index, part in enumerate(detail)]
    else:
        return {path: [str(part) for part in (detail if isinstance(detail, list) else [detail])]}
    flat: Fields = {}
    for key, part in pairs:
        flat.update(_flat(part, f"{path}.{key}".strip(".")))
    return flat
