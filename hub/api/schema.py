"""What the OpenAPI schema says beyond what views and serializers tell it. Loaded by hub/apps.py."""

import inspect
import re
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from hub.api.idempotency import HEADER
from hub.api.serializers import ErrorSerializer


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "hub.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "trib_…",
            "description": "A token from your settings page, or `manage.py create_token NAME`.",
        }


class EndpointSchema(AutoSchema):
    """Adds the one error shape, the scope a write needs, and `Idempotency-Key` on POST."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST":
            return []
        return [
            OpenApiParameter(
                HEADER,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Makes it safe to ask again: the same key and body get the stored "
                "answer for a day. Another body with the same key is refused with 422.",
            )
        ]

    def get_summary(self) -> str:
        """What the view says, else the first sentence of its own words, else its name."""
        said = super().get_summary() or self._own_words().partition("\n")[0]
        return said or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self.view).__name__).capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        text = self._own_words()
        scope = getattr(self.view, "required_scope", None)
        if scope and self.method not in {"GET", "HEAD", "OPTIONS"}:
            text = f"{text}\n\nA token needs the scope `{scope}`.".strip()
        return text

    def _own_words(self) -> str:
        """Docstring of the method, else of the view's own class; a base class speaks to builders."""
        method = getattr(self.view, self.method.lower(), None)
        words = getattr(method, "__doc__", None) or type(self.view).__dict__.get("__doc__")
        return inspect.cleandoc(words or "")

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            bodies["default"] = self._get_response_for_code(ErrorSerializer, "default")  # type: ignore[no-untyped-call]
            bodies["default"]["description"] = "What went wrong, in the shape of every error."
        return bodies
