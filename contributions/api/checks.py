"""What people do with what a check found, besides running it again."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.actions.adopt_parent import adopt_parent
from contributions.api.serializers import HeadRequest
from contributions.api.views import MADE, answer, asked, person
from contributions.models import Check, Contribution
from hub.api.views import Endpoint
from hub.models.token import Scope


class AdoptRequest(HeadRequest):
    position = serializers.IntegerField(min_value=0, help_text="Among the check's details, from 0.")
    sign_off = serializers.BooleanField(default=False, help_text="As when a version is sent.")


class Adopt(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_adopt_parent",
        summary="Revise by a parent that a check suggests",
        request=AdoptRequest,
        responses=MADE,
    )
    def post(self, request: Request, number: int, name: str) -> Response:
        """Its author; where a detail of the newest version's check has a `parent`."""
        values: dict[str, Any] = asked(AdoptRequest, request)
        contribution = get_object_or_404(Contribution, pk=number)
        checks = Check.objects.select_related("version__contribution").filter(
            version__contribution=contribution, version__number=contribution.head
        )
        check = get_object_or_404(checks, name=name)
        adopt_parent(actor=person(request), check=check, **values)
        return answer(request, number, status=201)
