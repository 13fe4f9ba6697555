"""Deny by default: anybody reads, writing needs a person, and a token needs the view's scope."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from hub.models import Token


class ReadPublicWriteScoped(BasePermission):
    """A view that takes writes names `required_scope`; one that names none takes none.

    What this person may do with this very thing is the action's question, not this class's.
    """

    message = "You may not do that here."

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        scope = getattr(view, "required_scope", None)
        if not scope or not request.user or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, Token) and scope not in request.auth.scopes:
            self.message = f"This token lacks the scope “{scope}”."
            return False
        return True


class SignedIn(BasePermission):
    """For the few things that are about the caller: reading them needs a person too."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated)
