"""What is said about a contribution: comments and what they said before, the timeline, a preview."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.actions._limits import BODY_LENGTH
from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.api.serializers import (
    CommentRequest,
    ContributionDetail,
    ContributionEventSerializer,
)
from contributions.api.views import answer, asked, person
from contributions.conversation import of_contribution
from contributions.linking import read_links
from contributions.models import Comment, CommentEdit, Contribution, Event
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.markdown import render
from hub.models.token import Scope


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """`edited_at` is null for words that were never changed; `thread` for those of the conversation."""

    author = serializers.CharField(source="author.username")
    url = serializers.SerializerMethodField(help_text="Where it stands on the page.")

    class Meta:
        model = Comment
        fields = ["id", "author", "body", "thread", "created_at", "edited_at", "url"]

    def get_url(self, said: Comment) -> str:
        place = f"/contributions/{said.contribution_id}/?at=comment-{said.pk}#comment-{said.pk}"
        return str(self.context["request"].build_absolute_uri(place))


class CommentEditSerializer(serializers.ModelSerializer[CommentEdit]):
    """`body` is what the comment said until then."""

    edited_by = serializers.CharField(source="edited_by.username")

    class Meta:
        model = CommentEdit
        fields = ["id", "body", "edited_by", "edited_at"]


class TextRequest(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=BODY_LENGTH, allow_blank=True, help_text="Markdown.")


class RenderedSerializer(serializers.Serializer[Any]):
    html = serializers.CharField()


OLDEST_FIRST = Sorting(choices={"id": Key("pk")}, default="id")


class Comments(ListEndpoint[Comment]):
    required_scope = Scope.CONTRIBUTE
    queryset = Comment.objects.select_related("author")
    serializer_class = CommentSerializer
    sorting = OLDEST_FIRST

    def get_queryset(self) -> "QuerySet[Comment]":
        return super().get_queryset().filter(contribution=contribution_of(self))

    @extend_schema(operation_id="contributions_comments", summary="Comments")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Of the conversation and of its threads, oldest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="contributions_comment",
        summary="Comment",
        request=CommentRequest,
        responses={201: ContributionDetail},
    )
    def post(self, request: Request, number: int) -> Response:
        """Say something in the conversation; also after the end."""
        wanted = asked(CommentRequest, request)
        comment(author=person(request), contribution=contribution_of(self), **wanted)
        return answer(request, number, status=201)


class CommentOne(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="comments_read", summary="One comment", responses={200: CommentSerializer}
    )
    def get(self, request: Request, number: int, pk: int) -> Response:
        """As it reads now."""
        return self.shown(comment_of(self), request)

    @extend_schema(
        operation_id="comments_edit",
        summary="Edit a comment",
        request=CommentRequest,
        responses={200: CommentSerializer},
    )
    def patch(self, request: Request, number: int, pk: int) -> Response:
        """Say it in other words (its author). What it said before stays readable."""
        wanted = asked(CommentRequest, request)
        edited = edit_comment(actor=person(request), comment=comment_of(self), **wanted)
        return self.shown(edited, request)

    def shown(self, said: Comment, request: Request) -> Response:
        return Response(CommentSerializer(said, context={"request": request}).data)


class CommentEdits(ListEndpoint[CommentEdit]):
    queryset = CommentEdit.objects.select_related("edited_by")
    serializer_class = CommentEditSerializer
    sorting = OLDEST_FIRST

    def get_queryset(self) -> "QuerySet[CommentEdit]":
        return super().get_queryset().filter(comment=comment_of(self))

    @extend_schema(operation_id="comments_edits", summary="What a comment said before")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each edit with the words that it replaced, oldest first."""
        return self.list(request, *args, **kwargs)


class Timeline(ListEndpoint[Event]):
    queryset = Event.objects.none()
    serializer_class = ContributionEventSerializer
    sorting = OLDEST_FIRST

    def get_queryset(self) -> "QuerySet[Event]":
        return of_contribution(contribution_of(self))

    @extend_schema(operation_id="contributions_timeline", summary="Timeline")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everything that happened, oldest first."""
        return self.list(request, *args, **kwargs)


class Preview(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_preview",
        summary="Preview a text",
        request=TextRequest,
        responses={200: RenderedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Markdown as the pages show it, with what it names as links. Nothing is kept."""
        text = asked(TextRequest, request)["text"]
        return Response({"html": render(text, read_links([text]))})


def contribution_of(view: Endpoint) -> Contribution:
    return get_object_or_404(Contribution, pk=view.kwargs["number"])


def comment_of(view: Endpoint) -> Comment:
    comments = Comment.objects.select_related("author")
    return get_object_or_404(comments, contribution=view.kwargs["number"], pk=view.kwargs["pk"])
