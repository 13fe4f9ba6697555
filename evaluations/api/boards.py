"""Boards and their standings. Reading is one index scan, and nothing at all for who has the answer."""

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from evaluations.forms import BoardForm
from evaluations.leaderboards import Column, columns_of, results
from evaluations.models import Board
from hub.api.etag import conditional, etag_of
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import BadCursor, Key, Sorting

# Part of every ETag: raise it when the shape of an answer changes.
SHAPE = 3


class BoardSerializer(serializers.ModelSerializer[Board]):
    """A board in short."""

    class Meta:
        model = Board
        fields = [
            "slug", "version", "title", "question", "description", "current", "automatic", "size",
            "ranked_at", "created_at",
        ]  # fmt: skip


class ColumnSerializer(serializers.Serializer[Column]):
    """One recipe of a board; `key` names it in `ordering` and in the standings' `scores`."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    weight = serializers.FloatField()
    recipe = serializers.CharField(source="link.recipe.digest")
    benchmark = serializers.CharField(source="version.benchmark.slug")
    benchmark_version = serializers.CharField(source="version.version")
    metric = serializers.CharField(source="version.metric")
    unit = serializers.CharField(source="version.unit")
    higher_is_better = serializers.BooleanField(source="version.higher_is_better")
    chance = serializers.FloatField(source="version.chance", allow_null=True)
    best = serializers.FloatField(source="version.best", allow_null=True)


class BoardDetailSerializer(BoardSerializer):
    columns = serializers.SerializerMethodField()

    class Meta(BoardSerializer.Meta):
        fields = [*BoardSerializer.Meta.fields, "columns"]

    def get_columns(self, board: Board) -> list[dict[str, Any]]:
        columns: Any = columns_of(board, whole=True)
        return list(ColumnSerializer(instance=columns, many=True).data)


class ScoreOnBoardSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(help_text="In the metric's unit, or normalised.")
    stderr = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    run = serializers.IntegerField()


class DisputeOnBoardSerializer(serializers.Serializer[Any]):
    contribution = serializers.IntegerField()
    state = serializers.CharField(help_text="open or upheld")
    reason = serializers.CharField()


class StandingSerializer(serializers.Serializer[Any]):
    """For the schema; standing_json.py makes the answers."""

    rank = serializers.IntegerField(allow_null=True)
    rank_low = serializers.IntegerField(allow_null=True)
    rank_high = serializers.IntegerField(allow_null=True)
    variant = serializers.CharField()
    checkpoint = serializers.IntegerField()
    average = serializers.FloatField(allow_null=True, help_text="0 = chance, 100 = best.")
    stderr = serializers.FloatField(allow_null=True)
    scores = serializers.DictField(child=ScoreOnBoardSerializer(allow_null=True))
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    delta = serializers.FloatField(allow_null=True)
    delta_stderr = serializers.FloatField(allow_null=True)
    relation = serializers.CharField()
    licence = serializers.CharField()
    parameters = serializers.IntegerField(allow_null=True)
    disputes = DisputeOnBoardSerializer(
        many=True, help_text="Of its own; what it inherits, the variant itself tells."
    )
    origin = serializers.CharField(
        allow_null=True,
        help_text="Null where this checkpoint is what lies at its origin as far as we know, else "
        "newer_commit, replaced or gone.",
    )


class StandingPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = StandingSerializer(many=True)


class BoardList(ListEndpoint[Board]):
    queryset = Board.objects.filter(current=True).defer("facets")
    serializer_class = BoardSerializer
    sorting = Sorting({"title": Key("title")}, default="title")


class BoardDetail(Endpoint):
    @extend_schema(responses=BoardDetailSerializer)
    def get(self, request: Request, slug: str, version: int | None = None) -> HttpResponseBase:
        """The board as it is now, or a version of it."""
        which = {"current": True} if version is None else {"version": version}
        board = get_object_or_404(Board.objects.defer("facets"), slug=slug, **which)
        etag = etag_of(SHAPE, "board", board.pk, board.ranked_at, board.size)
        return conditional(request, etag, lambda: Response(BoardDetailSerializer(board).data))


@extend_schema_view(get=extend_schema(operation_id="boards_version"))
class BoardVersion(BoardDetail):
    """The board as it was under other recipes; the address is for good."""


PARAMETERS = [
    OpenApiParameter(
        "ordering",
        description="rank (best first), average, name, parameters, licence, parent or a column's key; "
        "`-` turns it round. What is missing comes last either way.",
    ),
    OpenApiParameter("owner"),
    OpenApiParameter("licence"),
    OpenApiParameter("relation", description="A relation, or `base` for variants without parents."),
    OpenApiParameter("q", description="A piece of `owner/name`."),
    OpenApiParameter("min_parameters", description="A count such as 500000, 480k or 7B."),
    OpenApiParameter("max_parameters"),
    OpenApiParameter("view", enum=["raw", "normalised"]),
    OpenApiParameter("cursor"),
    OpenApiParameter("page_size", type=int, description="1 to 100; 50 if not given."),
]


KNOWN_BOARD = """
    SELECT id, created_at, ranked_at, (SELECT max(changed_at) FROM evaluations_dispute) AS disputed_at,
        (SELECT max(id) FROM hub_originchange) AS moved
    FROM evaluations_board WHERE slug = %s AND
"""


class StandingList(Endpoint):
    @extend_schema(
        operation_id="boards_standings", responses=StandingPageSerializer, parameters=PARAMETERS
    )
    def get(self, request: Request, slug: str, version: int | None = None) -> HttpResponseBase:
        """Where everybody stands, best first: on the board of now, or on a version of it."""
        board = _known_board(slug, version)
        marks: Any = board
        facts = (board.ranked_at, marks.disputed_at, marks.moved)
        etag = etag_of(SHAPE, board.pk, *facts, request.get_full_path())
        return conditional(request, etag, lambda: _standings(request, board))


@extend_schema_view(get=extend_schema(operation_id="boards_version_standings"))
class VersionStandingList(StandingList):
    """Where everybody stood on that version."""


def _known_board(slug: str, version: int | None) -> Board:
    """What standings need of a board. Every request asks this, and put together by the ORM it costs
    three times as much as by hand.
    """
    if version is None:
        found = list(Board.objects.raw(f"{KNOWN_BOARD} current", [slug]))
    else:
        found = list(Board.objects.raw(f"{KNOWN_BOARD} version = %s", [slug, version]))
    if not found:
        raise Http404
    return found[0]


def _standings(request: Request, board: Board) -> HttpResponse:
    form = BoardForm(request.query_params, columns_of(board))
    if not form.is_valid():
        raise ValidationError(
            {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        )
    try:
        found = results(board, form.asked(), form.columns)
    except BadCursor as error:
        raise ValidationError({"cursor": [str(error)]}) from error
    address = request.build_absolute_uri()
    next_, previous = (
        json.dumps(cursor and replace_query_param(address, "cursor", cursor))
        for cursor in (found.next, found.previous)
    )
    rows = ",".join(found.rows)
    body = f'{{"next":{next_},"previous":{previous},"results":[{rows}]}}'
    return HttpResponse(body, content_type="application/json")
