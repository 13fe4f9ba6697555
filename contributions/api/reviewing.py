"""Whose review is asked for, and working groups: who looks after what."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions import permissions
from contributions.actions.add_scope import add_scope
from contributions.actions.assign import assign
from contributions.actions.remove_scope import remove_scope
from contributions.actions.set_policy import set_policy
from contributions.actions.unassign import unassign
from contributions.api.serializers import TrailerSerializer
from contributions.api.views import asked, person
from contributions.groups import listed_groups
from contributions.models import Assignment, Contribution
from contributions.reviewing import read_asking, read_reviewing
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.models import Scope, User, WorkingGroup
from hub.models.scope import ScopeRole
from hub.models.token import Scope as TokenScope
from hub.refusal import Refusal


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    reviewer = serializers.CharField(source="reviewer.username")
    assigned_by = serializers.CharField(source="assigned_by.username")

    class Meta:
        model = Assignment
        fields = ["reviewer", "assigned_by", "assigned_at"]


class SuggestionSerializer(serializers.Serializer[Any]):
    """`why` in words; `waiting` reviews wait for them already."""

    reviewer = serializers.CharField(source="person.username")
    why = serializers.CharField()
    waiting = serializers.IntegerField()


class LapsedSerializer(serializers.Serializer[Any]):
    reviewer = serializers.CharField(source="reviewer.username")
    verdict = serializers.CharField()
    version = serializers.IntegerField(source="version.number")


class ScopeSerializer(serializers.ModelSerializer[Scope]):
    """No kinds mean every kind, an empty owner everybody's entries."""

    person = serializers.CharField(source="person.username")

    class Meta:
        model = Scope
        fields = ["id", "person", "role", "kinds", "owner", "created_at"]


class ReviewersSerializer(serializers.Serializer[Any]):
    """Who was asked, who could be, who looks after it, and whose last word lapsed with a new version.

    `suggested` is empty unless the caller may ask. `trailers` are those of a merged contribution.
    """

    assigned = AssignmentSerializer(many=True)
    suggested = SuggestionSerializer(many=True)
    looked_after_by = ScopeSerializer(many=True)
    verdicts = serializers.DictField(child=serializers.CharField())
    lapsed = LapsedSerializer(many=True)
    trailers = TrailerSerializer(many=True)


class AssignRequest(serializers.Serializer[Any]):
    reviewer = serializers.CharField(help_text="A username.")


class ScopeRequest(serializers.Serializer[Any]):
    person = serializers.CharField(help_text="A username.")
    role = serializers.ChoiceField(choices=ScopeRole.choices)
    kinds = serializers.ListField(child=serializers.CharField(), default=list)
    owner = serializers.CharField(default="", allow_blank=True, help_text="A namespace.")


class PolicyRequest(serializers.Serializer[Any]):
    approvals = serializers.IntegerField()
    required_checks = serializers.ListField(child=serializers.CharField(), default=list)


class GroupSummary(serializers.ModelSerializer[WorkingGroup]):
    """`open` contributions and `people` with a scope."""

    open = serializers.IntegerField(source="open_count")
    people = serializers.IntegerField(source="people_count")
    url = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = WorkingGroup
        fields = [
            "slug",
            "name",
            "purpose",
            "approvals",
            "required_checks",
            "open",
            "people",
            "url",
            "page",
        ]

    def get_url(self, group: WorkingGroup) -> str:
        return self._absolute(reverse("api_group_detail", args=[group.slug]))

    def get_page(self, group: WorkingGroup) -> str:
        return self._absolute(permissions.group_url(group))

    def _absolute(self, path: str) -> str:
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


class GroupDetail(GroupSummary):
    scopes = serializers.SerializerMethodField()

    class Meta(GroupSummary.Meta):
        fields = [*GroupSummary.Meta.fields, "scopes"]

    @extend_schema_field(ScopeSerializer(many=True))
    def get_scopes(self, group: WorkingGroup) -> Any:
        return ScopeSerializer(group.scopes.select_related("person"), many=True).data


def named(username: str, field: str) -> User:
    """By name; Refusal beside `field` where nobody has it."""
    found = User.objects.filter(username__iexact=username).first()
    if found is None:
        message = "Nobody here has that name."
        raise Refusal("invalid", message, fields={field: [message]})
    return found


class Reviewers(Endpoint):
    required_scope = TokenScope.REVIEW

    @extend_schema(
        operation_id="contributions_reviewers",
        summary="Reviewers",
        responses={200: ReviewersSerializer},
    )
    def get(self, request: Request, number: int) -> Response:
        """Who judged, who was asked, whom one could ask."""
        return reviewers(request, number)

    @extend_schema(
        operation_id="contributions_assign",
        summary="Ask for a review",
        request=AssignRequest,
        responses={201: ReviewersSerializer},
    )
    def post(self, request: Request, number: int) -> Response:
        """Maintainers ask anybody who may review, the author those suggested, reviewers themselves."""
        contribution = get_object_or_404(Contribution, pk=number)
        reviewer = named(asked(AssignRequest, request)["reviewer"], "reviewer")
        assign(actor=person(request), contribution=contribution, reviewer=reviewer)
        return reviewers(request, number, status=201)


class Release(Endpoint):
    required_scope = TokenScope.REVIEW

    @extend_schema(
        operation_id="contributions_unassign",
        summary="Release a reviewer",
        request=AssignRequest,
        responses={200: ReviewersSerializer},
    )
    def post(self, request: Request, number: int) -> Response:
        """Who was asked, who asked, and maintainers."""
        contribution = get_object_or_404(Contribution, pk=number)
        reviewer = named(asked(AssignRequest, request)["reviewer"], "reviewer")
        unassign(actor=person(request), contribution=contribution, reviewer=reviewer)
        return reviewers(request, number)


def reviewers(request: Request, number: int, *, status: int = 200) -> Response:
    contribution = get_object_or_404(
        Contribution.objects.select_related("author", "group"), pk=number
    )
    reviewing = read_reviewing(contribution)
    data = {
        "assigned": reviewing.assignments,
        "suggested": read_asking(cast(Any, request.user), reviewing).suggestions,
        "looked_after_by": reviewing.scopes,
        "verdicts": reviewing.verdicts,
        "lapsed": reviewing.lapsed,
        "trailers": reviewing.trailers,
    }
    return Response(ReviewersSerializer(data).data, status=status)


class GroupList(ListEndpoint[WorkingGroup]):
    queryset = listed_groups().order_by()
    serializer_class = GroupSummary
    sorting = Sorting(choices={"slug": Key("slug")}, default="slug")


class GroupOne(Endpoint):
    @extend_schema(
        operation_id="groups_read", summary="One working group", responses={200: GroupDetail}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Who looks after what, and what a merge of its contributions needs."""
        return group(request, slug)


class Scopes(Endpoint):
    required_scope = TokenScope.REVIEW

    @extend_schema(
        operation_id="groups_add_scope",
        summary="Let somebody look after it",
        request=ScopeRequest,
        responses={201: GroupDetail},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Maintainers of the hub."""
        found = get_object_or_404(WorkingGroup, slug=slug)
        wanted = asked(ScopeRequest, request)
        somebody = named(wanted.pop("person"), "person")
        add_scope(actor=person(request), group=found, person=somebody, **wanted)
        return group(request, slug, status=201)


class ScopeRemove(Endpoint):
    required_scope = TokenScope.REVIEW

    @extend_schema(
        operation_id="groups_remove_scope",
        summary="Look after it no more",
        request=None,
        responses={200: GroupDetail},
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Maintainers of the hub."""
        scopes = Scope.objects.select_related("person", "group").filter(group__slug=slug)
        remove_scope(actor=person(request), scope=get_object_or_404(scopes, pk=pk))
        return group(request, slug)


class Policy(Endpoint):
    required_scope = TokenScope.REVIEW

    @extend_schema(
        operation_id="groups_set_policy",
        summary="Set what a merge needs",
        request=PolicyRequest,
        responses={200: GroupDetail},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Maintainers of the hub; it holds for open contributions, too."""
        found = get_object_or_404(WorkingGroup, slug=slug)
        set_policy(actor=person(request), group=found, **asked(PolicyRequest, request))
        return group(request, slug)


def group(request: Request, slug: str, *, status: int = 200) -> Response:
    found = get_object_or_404(listed_groups(), slug=slug)
    return Response(GroupDetail(found, context={"request": request}).data, status=status)
