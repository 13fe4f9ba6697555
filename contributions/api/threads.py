"""Threads about a field or a line."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.actions.answer_thread import answer_thread
from contributions.actions.open_thread import open_thread
from contributions.actions.reopen_thread import reopen_thread
from contributions.actions.resolve_thread import resolve_thread
from contributions.api.serializers import CommentRequest, HeadRequest
from contributions.api.views import asked, person
from contributions.models import Comment, Contribution, Thread
from contributions.threads import read_threads
from hub.api.views import Endpoint
from hub.models.token import Scope


class ThreadCommentSerializer(serializers.ModelSerializer[Comment]):
    author = serializers.CharField(source="author.username")

    class Meta:
        model = Comment
        fields = ["id", "author", "body", "created_at"]


class ThreadSerializer(serializers.Serializer[Any]):
    """`line` counts from 1 and is null for the whole field; `quote` is how it read then.

    `is_outdated`: it reads differently in the newest version.
    """

    id = serializers.IntegerField(source="thread.pk")
    state = serializers.CharField(source="thread.state")
    version = serializers.IntegerField(source="thread.version_number")
    field = serializers.CharField(source="thread.field")
    line = serializers.IntegerField(source="thread.line", allow_null=True)
    quote = serializers.CharField(source="thread.quote")
    is_outdated = serializers.BooleanField()
    opened_by = serializers.CharField(source="thread.opened_by.username")
    opened_at = serializers.DateTimeField(source="thread.opened_at")
    resolved_by = serializers.CharField(source="thread.resolved_by.username", allow_null=True)
    resolved_at = serializers.DateTimeField(source="thread.resolved_at", allow_null=True)
    comments = ThreadCommentSerializer(many=True)


class OpenThreadRequest(HeadRequest):
    field = serializers.CharField(help_text="As the kind names it (`kinds/`).")
    line = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    body = serializers.CharField(help_text="Markdown.")


THREADS = {200: ThreadSerializer(many=True)}


class Threads(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(operation_id="contributions_threads", summary="Threads", responses=THREADS)
    def get(self, request: Request, number: int) -> Response:
        """All of them, oldest first."""
        return threads(number)

    @extend_schema(
        operation_id="contributions_open_thread",
        summary="Open a thread",
        request=OpenThreadRequest,
        responses={201: ThreadSerializer(many=True)},
    )
    def post(self, request: Request, number: int) -> Response:
        """About a field of the version that was read, or one line of it."""
        contribution = get_object_or_404(Contribution, pk=number)
        open_thread(
            author=person(request), contribution=contribution, **asked(OpenThreadRequest, request)
        )
        return threads(number, status=201)


class ThreadAnswers(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_answer_thread",
        summary="Answer in a thread",
        request=CommentRequest,
        responses={201: ThreadSerializer(many=True)},
    )
    def post(self, request: Request, number: int, pk: int) -> Response:
        """Resolved ones, too."""
        wanted = asked(CommentRequest, request)
        answer_thread(author=person(request), thread=in_hand(number, pk), **wanted)
        return threads(number, status=201)


class ThreadResolve(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_resolve_thread",
        summary="Resolve a thread",
        request=None,
        responses=THREADS,
    )
    def post(self, request: Request, number: int, pk: int) -> Response:
        """Who opened it, the author, and maintainers."""
        resolve_thread(actor=person(request), thread=in_hand(number, pk))
        return threads(number)


class ThreadReopen(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_reopen_thread",
        summary="Reopen a thread",
        request=None,
        responses=THREADS,
    )
    def post(self, request: Request, number: int, pk: int) -> Response:
        """Who opened it, the author, and maintainers."""
        reopen_thread(actor=person(request), thread=in_hand(number, pk))
        return threads(number)


def in_hand(number: int, pk: int) -> Thread:
    rows = Thread.objects.select_related("contribution")
    return get_object_or_404(rows, contribution=number, pk=pk)


def threads(number: int, *, status: int = 200) -> Response:
    contribution = get_object_or_404(Contribution, pk=number)
    newest = contribution.versions.get(number=contribution.head)
    shown = read_threads(contribution, newest)
    return Response(ThreadSerializer(shown, many=True).data, status=status)
