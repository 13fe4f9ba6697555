"""All changes of one baseline, for scripts."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.baselines import Line, changes_of, read_lines
from contributions.filters import SORTING, ContributionFilter
from contributions.models import Contribution
from evaluations.api.reports import OverallSerializer
from hub.api.views import ListEndpoint
from hub.models import ModelVariant


class LossSerializer(serializers.Serializer[Any]):
    """Both losses where both curves end, as means over the last `window` of `axis`."""

    axis = serializers.CharField(help_text="tokens or steps")
    at = serializers.FloatField()
    window = serializers.FloatField()
    baseline = serializers.FloatField()
    changed = serializers.FloatField()
    delta = serializers.FloatField()


class BaselineChangeSerializer(serializers.Serializer[Line]):
    """`board` is the mean difference over all recipes that both were measured under."""

    number = serializers.IntegerField(source="contribution.pk")
    title = serializers.CharField(source="contribution.title")
    result = serializers.CharField(source="contribution.subject")
    state = serializers.CharField(source="contribution.state")
    author = serializers.CharField(source="contribution.author.username")
    track = serializers.CharField()
    baseline_commit = serializers.CharField(source="commit")
    loss = LossSerializer(allow_null=True)
    board = OverallSerializer(source="overall", allow_null=True)


class BaselineChanges(ListEndpoint[Contribution]):
    serializer_class = BaselineChangeSerializer  # type: ignore[assignment]
    filterset_class = ContributionFilter
    sorting = SORTING
    queryset = Contribution.objects.none()

    @extend_schema(operation_id="baselines_changes", summary="Changes of a baseline")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What people changed in it, what that did to the loss, and what it is worth when measured."""
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> "QuerySet[Contribution]":
        return changes_of(self.baseline)

    @property
    def baseline(self) -> ModelVariant:
        found = ModelVariant.objects.at(self.kwargs["owner"], self.kwargs["name"])
        if found is None:
            raise Http404
        return found

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        baseline = self.baseline
        page = self.paginate_queryset(self.filter_queryset(changes_of(baseline)))
        lines: Any = read_lines(baseline, page or [])
        return self.get_paginated_response(BaselineChangeSerializer(lines, many=True).data)
