"""What a score is made of: its samples a page at a time, one of them, and the whole file."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.answers import read, store
from evaluations.answers.browsing import SCORES, Browsed, Query, browse, one_sample
from evaluations.models import Samples, Score
from evaluations.permissions import may_see_answers
from hub.api.views import Endpoint
from hub.refusal import Refusal

CLOSED = (
    "Questions and answers of this benchmark are kept closed to all but maintainers, so that they do "
    "not end up in training data. Outcomes and hashes of documents are open."
)


class AnswerChoiceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    number = serializers.CharField(help_text="Log-likelihood, as written on the page.")
    is_likeliest = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer[Any]):
    """What one model answered, cut to what a page shows; the files have all of it."""

    texts = serializers.ListField(child=serializers.CharField())
    choices = AnswerChoiceSerializer(many=True)
    more = serializers.IntegerField(help_text="Answers to the same question that are not shown.")
    taken = serializers.ListField(child=serializers.CharField())


class AskedSerializer(serializers.Serializer[Any]):
    doc_id = serializers.IntegerField(allow_null=True)
    task = serializers.CharField()
    prompt = serializers.CharField()
    target = serializers.CharField()


class LineSerializer(serializers.Serializer[Any]):
    """`others` and `theirs` are of the score that `against` names."""

    index = serializers.IntegerField()
    doc_hash = serializers.CharField()
    outcome = serializers.FloatField(allow_null=True)
    others = serializers.FloatField(allow_null=True)
    asked = AskedSerializer(allow_null=True)
    mine = AnswerSerializer(allow_null=True)
    theirs = AnswerSerializer(allow_null=True)


class BrowsedSerializer(serializers.Serializer[Browsed]):
    """`counts` says how many samples each `show` has, `searched` how far a search got before it rested."""

    score = serializers.IntegerField(source="score.pk")
    against = serializers.IntegerField(source="against.pk", default=None, allow_null=True)
    closed = serializers.BooleanField()
    absent = serializers.BooleanField()
    counts = serializers.DictField(child=serializers.IntegerField(), source="listing.counts")
    samples = LineSerializer(many=True, source="lines")
    searched = serializers.IntegerField(allow_null=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


PARAMETERS = [
    OpenApiParameter("show", description="all, right, partly, wrong, gained, lost or changed"),
    OpenApiParameter("sort", description="document, best or worst"),
    OpenApiParameter("against", OpenApiTypes.INT, description="another score of the same recipe"),
    OpenApiParameter("q", description="words in question or answer"),
    OpenApiParameter("after", OpenApiTypes.INT, description="the last sample of the page before"),
    OpenApiParameter("before", OpenApiTypes.INT, description="the first sample of the page behind"),
]


class ScoreAnswers(Endpoint):
    @extend_schema(parameters=PARAMETERS, responses=BrowsedSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A page of samples. Texts are cut as on the page, and absent where they are kept closed."""
        score = get_object_or_404(SCORES, pk=pk)
        is_open = may_see_answers(request.user, score.recipe.benchmark_version)
        browsed = browse(score, Query.of(request.query_params.dict()), open_answers=is_open)
        if browsed.problems:
            raise Refusal("bad_query", " ".join(browsed.problems))
        here = request.build_absolute_uri(reverse("api_score_answers", args=[pk]))
        facts = {name: getattr(browsed, name) for name in ("score", "against", "absent", "listing")}
        told = facts | {
            "lines": browsed.lines,
            "searched": browsed.searched,
            "closed": not is_open,
            "next": here + browsed.next if browsed.next else None,
            "previous": here + browsed.previous if browsed.previous else None,
        }
        return Response(BrowsedSerializer(told).data)  # type: ignore[arg-type]


class ScoreAnswer(Endpoint):
    @extend_schema(operation_id="scores_answers_one", responses=LineSerializer(many=True))
    def get(self, request: Request, pk: int, index: int) -> Response:
        """One sample at length, under every seed. 403 where answers are kept closed."""
        score = _open_score(request, pk)
        try:
            lines = one_sample(score, index, None, open_answers=True)
        except IndexError:
            raise Http404 from None
        return Response(LineSerializer(lines, many=True).data)


class ScoreParquet(Endpoint):
    @extend_schema(
        responses={
            (200, "application/vnd.apache.parquet"): OpenApiResponse(
                OpenApiTypes.BINARY, "Parquet."
            )
        }
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Prompts and answers, all of them: enough to score anew without a GPU. 403 where closed."""
        sha256 = _kept(_open_score(request, pk))
        return _streamed(
            store.chunks(sha256), f"score-{pk}-answers.parquet", "application/vnd.apache.parquet"
        )


class ScoreJsonLines(Endpoint):
    @extend_schema(
        responses={(200, "application/jsonl"): OpenApiResponse(OpenApiTypes.STR, "JSON lines.")}
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The same, one JSON object a line. 403 where closed."""
        sha256 = _kept(_open_score(request, pk))
        return _streamed(read.json_lines(sha256), f"score-{pk}-answers.jsonl", "application/jsonl")


def _open_score(request: Request, pk: int) -> Score:
    score = get_object_or_404(SCORES, pk=pk)
    if not may_see_answers(request.user, score.recipe.benchmark_version):
        raise PermissionDenied(CLOSED)
    return score


def _kept(score: Score) -> str:
    """SHA-256 of the answers; 404 where there are none."""
    # Not with the score: its outcomes may be a million numbers.
    sha256 = Samples.objects.filter(score=score).values_list("raw_sha256", flat=True).first()
    try:
        if sha256 and store.exists(sha256):
            return sha256
    except OSError as error:
        raise Http404 from error
    raise Http404


def _streamed(blocks: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    disposition = f'attachment; filename="{name}"'
    return StreamingHttpResponse(
        blocks, content_type=kind, headers={"Content-Disposition": disposition}
    )
