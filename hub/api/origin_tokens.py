"""Lent tokens, for scripts. All of it is about the caller; the secret goes in and never comes out."""

from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.actions.add_origin_token import add_origin_token
from hub.actions.remove_origin_token import remove_origin_token
from hub.api.permissions import ReadPublicWriteScoped, SignedIn
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.models import OriginToken, User
from hub.models.token import Scope

BY_NUMBER = Sorting(choices={"number": Key("pk")}, default="-number")


class OriginTokenSerializer(serializers.ModelSerializer[OriginToken]):
    """`hint` is its last four letters; `refused_at` is set when the origin did not take it last time."""

    class Meta:
        model = OriginToken
        fields = ["id", "label", "scope", "hint", "created_at", "last_used_at", "refused_at"]


class OriginTokenRequest(serializers.Serializer[Any]):
    label = serializers.CharField(max_length=60)  # type: ignore[assignment]
    scope = serializers.CharField(
        max_length=193, default="", allow_blank=True, help_text="Owner or owner/name; empty: all."
    )
    secret = serializers.CharField(max_length=500, write_only=True)


@extend_schema_view(
    get=extend_schema(operation_id="origin_tokens_list", summary="Your lent tokens")
)
class OriginTokens(ListEndpoint[OriginToken]):
    permission_classes = [SignedIn, ReadPublicWriteScoped]
    required_scope = Scope.CONTRIBUTE
    queryset = OriginToken.objects.none()
    serializer_class = OriginTokenSerializer
    sorting = BY_NUMBER

    def get_queryset(self) -> QuerySet[OriginToken]:
        if not isinstance(self.request.user, User):
            return self.queryset
        return OriginToken.objects.filter(person=self.request.user)

    @extend_schema(
        operation_id="origin_tokens_add",
        summary="Lend a token",
        request=OriginTokenRequest,
        responses={201: OriginTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """For repositories that the origin shows to you and not to the hub. Kept encrypted."""
        incoming = OriginTokenRequest(data=request.data)
        incoming.is_valid(raise_exception=True)
        token = add_origin_token(person=cast(User, request.user), **incoming.validated_data)
        return Response(OriginTokenSerializer(token).data, status=201)


class OriginTokenOne(Endpoint):
    permission_classes = [SignedIn, ReadPublicWriteScoped]
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="origin_tokens_read", summary="One token", responses=OriginTokenSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(OriginTokenSerializer(_own(request, pk)).data)

    @extend_schema(
        operation_id="origin_tokens_remove", summary="Take a token back", responses={204: None}
    )
    def delete(self, request: Request, pk: int) -> Response:
        """It is deleted, not marked."""
        remove_origin_token(actor=cast(User, request.user), token=_own(request, pk))
        return Response(status=204)


def _own(request: Request, pk: int) -> OriginToken:
    """Somebody else's looks like none."""
    return get_object_or_404(OriginToken, pk=pk, person=cast(User, request.user))
