"""Who stands behind an entry, for scripts."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions import credit
from contributions.citation import bibtex
from hub.api.views import Endpoint
from hub.models import Dataset, ModelVariant


class DeedSerializer(serializers.Serializer[Any]):
    """`contribution` is its number; null for a reproduction, which is a run."""

    what = serializers.ChoiceField(choices=credit.DEEDS)
    entry = serializers.CharField(source="entry.full_name", help_text="owner/name")
    contribution = serializers.SerializerMethodField()

    def get_contribution(self, deed: credit.Deed) -> int | None:
        return deed.number or None


class CreditedSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(source="person.username")
    deeds = DeedSerializer(many=True)


class CreditSerializer(serializers.Serializer[Any]):
    """`own`: for the entry itself; `lineage`: for what it descends from."""

    own = CreditedSerializer(many=True)
    lineage = CreditedSerializer(many=True)
    bibtex = serializers.CharField()


class VariantCredit(Endpoint):
    @extend_schema(
        operation_id="variants_credit", summary="Who stands behind it", responses=CreditSerializer
    )
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Everybody in a variant's history and lineage, and its citation."""
        return _answer(request, get_object_or_404(ModelVariant.objects.named(owner, name)))


class DatasetCredit(Endpoint):
    @extend_schema(
        operation_id="datasets_credit", summary="Who stands behind it", responses=CreditSerializer
    )
    def get(self, request: Request, owner: str, name: str) -> Response:
        """Everybody in a dataset's history, and its citation."""
        return _answer(request, get_object_or_404(Dataset.objects.named(owner, name)))


def _answer(request: Request, entry: ModelVariant | Dataset) -> Response:
    behind = credit.behind(entry)
    url = request.build_absolute_uri(entry.get_absolute_url())
    text = bibtex(entry, contributors=behind.contributors, url=url)
    answer = {"own": behind.own, "lineage": behind.lineage, "bibtex": text}
    return Response(CreditSerializer(answer).data)
