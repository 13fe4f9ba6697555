"""Moderation for scripts: reports, held texts, blocks, suspensions, and the audit log."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from contributions import permissions
from contributions.actions.block import block
from contributions.actions.decide_report import OUTCOMES, decide_report
from contributions.actions.refuse_text import refuse_text
from contributions.actions.reinstate import reinstate
from contributions.actions.release_text import release_text
from contributions.actions.report_abuse import report_abuse
from contributions.actions.suspend import suspend
from contributions.actions.unblock import unblock
from contributions.models import AbuseReport, AuditEntry, Comment, Contribution, Hold
from contributions.moderation import (
    AUDIT,
    HOLDS,
    NEWEST,
    REPORTS,
    AuditFilter,
    HoldFilter,
    ReportFilter,
)
from hub.api.permissions import ReadPublicWriteScoped
from hub.api.views import Endpoint, ListEndpoint
from hub.models import User
from hub.models.token import Scope


class Moderates(BasePermission):
    """Maintainers, reading too."""

    message = "Only maintainers come here."

    def has_permission(self, request: Request, view: Any) -> bool:
        return permissions.moderates(request.user)


class MaintainersRead(BasePermission):
    """Whoever is signed in writes; what was written only maintainers read."""

    message = "Only maintainers read these."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method == "POST" or permissions.moderates(request.user)


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor.username")

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "actor", "deed", "target", "target_url", "why"]


class HoldSerializer(serializers.ModelSerializer[Hold]):
    author = serializers.CharField(source="author.username")
    contribution = serializers.IntegerField(source="contribution.pk")
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Hold
        fields = [
            "id", "state", "author", "contribution", "comment", "text", "why", "held_at", "decided_by",
            "decided_at",
        ]  # fmt: skip


class ReportSerializer(serializers.ModelSerializer[AbuseReport]):
    reporter = serializers.CharField(source="reporter.username")
    accused = serializers.CharField(source="accused.username")
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = AbuseReport
        fields = [
            "id", "state", "reporter", "accused", "comment", "contribution", "why", "created_at",
            "decided_by", "decided_at", "answer",
        ]  # fmt: skip


class ReportRequest(serializers.Serializer[Any]):
    """One of comment, contribution (numbers) and person (username)."""

    comment = serializers.PrimaryKeyRelatedField(queryset=Comment.objects.all(), default=None)
    contribution = serializers.PrimaryKeyRelatedField(
        queryset=Contribution.objects.all(), default=None
    )
    person = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.all(), default=None
    )
    why = serializers.CharField()


class DecisionRequest(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    answer = serializers.CharField()


class WhyRequest(serializers.Serializer[Any]):
    why = serializers.CharField(required=False, allow_blank=True, default="")


class AuditList(ListEndpoint[AuditEntry]):
    permission_classes = [Moderates]
    queryset = AUDIT
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    sorting = NEWEST


class HoldList(ListEndpoint[Hold]):
    permission_classes = [Moderates]
    queryset = HOLDS
    serializer_class = HoldSerializer
    filterset_class = HoldFilter
    sorting = NEWEST


class HoldRelease(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(request=None, responses=HoldSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Let a held text stand where it belongs (maintainers)."""
        hold = get_object_or_404(HOLDS, pk=pk)
        return Response(HoldSerializer(release_text(actor=_person(request), hold=hold)).data)


class HoldRefuse(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(request=WhyRequest, responses=HoldSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Do not show a text (maintainers)."""
        hold = get_object_or_404(HOLDS, pk=pk)
        why = _asked(WhyRequest, request)["why"]
        return Response(
            HoldSerializer(refuse_text(actor=_person(request), hold=hold, why=why)).data
        )


class ReportList(ListEndpoint[AbuseReport]):
    permission_classes = [ReadPublicWriteScoped, MaintainersRead]
    required_scope = Scope.CONTRIBUTE
    queryset = REPORTS
    serializer_class = ReportSerializer
    filterset_class = ReportFilter
    sorting = NEWEST

    @extend_schema(
        operation_id="reports_create", request=ReportRequest, responses={201: ReportSerializer}
    )
    def post(self, request: Request) -> Response:
        """Tell maintainers of a text or a person."""
        made = report_abuse(reporter=_person(request), **_asked(ReportRequest, request))
        return Response(ReportSerializer(made).data, status=201)


class ReportDecide(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(request=DecisionRequest, responses=ReportSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say what came of a report (maintainers)."""
        report = get_object_or_404(REPORTS, pk=pk)
        decided = decide_report(
            actor=_person(request), report=report, **_asked(DecisionRequest, request)
        )
        return Response(ReportSerializer(decided).data)


class PersonBlock(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, username: str) -> Response:
        """Hear no more of somebody."""
        block(blocker=_person(request), blocked=get_object_or_404(User, username=username))
        return Response(status=204)


class PersonUnblock(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, username: str) -> Response:
        """Take a block back."""
        unblock(blocker=_person(request), blocked=get_object_or_404(User, username=username))
        return Response(status=204)


class PersonSuspend(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(request=WhyRequest, responses={204: None})
    def post(self, request: Request, username: str) -> Response:
        """Shut an account (maintainers; not their equals nor above)."""
        person = get_object_or_404(User, username=username)
        suspend(actor=_person(request), person=person, **_asked(WhyRequest, request))
        return Response(status=204)


class PersonReinstate(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(request=WhyRequest, responses={204: None})
    def post(self, request: Request, username: str) -> Response:
        """Open an account again (maintainers)."""
        person = get_object_or_404(User, username=username)
        reinstate(actor=_person(request), person=person, **_asked(WhyRequest, request))
        return Response(status=204)


def _asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return cast(dict[str, Any], asked.validated_data)


def _person(request: Request) -> User:
    return cast(User, request.user)
