"""Contributions: list, look at, submit, and every step of their life. Each POST calls one action."""

from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions import proposals
from contributions.actions.close import close
from contributions.actions.merge import merge
from contributions.actions.rerun import rerun_check
from contributions.actions.revert import revert
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.sign_off import sign_off
from contributions.actions.submit import submit
from contributions.actions.withdraw import withdraw
from contributions.api.serializers import (
    CloseRequest,
    ComparisonSerializer,
    ContributionDetail,
    ContributionSummary,
    HeadRequest,
    KindSerializer,
    PrefillRequest,
    PrefillSerializer,
    ReviewRequest,
    ReviseRequest,
    SignedRequest,
    SubmitRequest,
    WithdrawRequest,
)
from contributions.comparison import read_comparison
from contributions.filters import SORTING, ContributionFilter
from contributions.models import Check, Contribution
from hub.api.views import Endpoint, ListEndpoint
from hub.models import User
from hub.models.token import Scope

ONE = {200: ContributionDetail}
MADE = {201: ContributionDetail}


def listed() -> "QuerySet[Contribution]":
    """With everything that a summary shows: one query, however long the list."""
    return Contribution.objects.select_related("author", "group", "merged_by", "variant", "dataset")


def answer(request: Request, number: int, *, status: int = 200) -> Response:
    """The whole contribution as it stands now; with its address when something was made."""
    data = ContributionDetail(
        get_object_or_404(listed(), pk=number), context={"request": request}
    ).data
    headers = {"Location": data["url"]} if status == 201 else None
    return Response(data, status=status, headers=headers)


def asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, read; 400 with every field's errors."""
    incoming = serializer(data=request.data)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


def person(request: Request) -> User:
    """Who writes; ReadPublicWriteScoped let nobody else through."""
    return cast(User, request.user)


class OriginUnavailable(exceptions.APIException):
    """The origin is the hub's trouble, not the caller's: 503, and the code says which."""

    status_code = 503


class ContributionList(ListEndpoint[Contribution]):
    required_scope = Scope.CONTRIBUTE
    queryset = listed()
    serializer_class = ContributionSummary
    filterset_class = ContributionFilter
    sorting = SORTING

    @extend_schema(
        operation_id="contributions_create",
        summary="Submit",
        request=SubmitRequest,
        responses=MADE,
    )
    def post(self, request: Request) -> Response:
        """Open a contribution. Its checks start at once. One open contribution a subject."""
        made = submit(author=person(request), **asked(SubmitRequest, request))
        return answer(request, made.pk, status=201)


class Kinds(Endpoint):
    @extend_schema(
        operation_id="kinds_list",
        summary="Kinds of contribution",
        responses={200: KindSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """What can be contributed, and the fields of each kind's payload."""
        kinds = list(proposals.KINDS.values())
        return Response(KindSerializer(kinds, many=True, context={"request": request}).data)


class Prefill(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_prefill",
        summary="Ask the origin",
        request=PrefillRequest,
        responses={200: PrefillSerializer},
    )
    def post(self, request: Request) -> Response:
        """What the origin knows of a repository, as a payload. Nothing is kept."""
        wanted = asked(PrefillRequest, request)
        try:
            found = proposals.prefill(**wanted)
        except proposals.OriginRefusal as refusal:
            if refusal.whose == "hub":
                raise OriginUnavailable(refusal.message, refusal.code) from refusal
            raise
        data = {
            "kind": wanted["kind"],
            "payload": found.payload,
            "fetched": found.fetched,
            "commit": found.commit,
            "notes": found.notes,
        }
        return Response(PrefillSerializer(data).data)


class ContributionOne(Endpoint):
    @extend_schema(operation_id="contributions_read", summary="One contribution", responses=ONE)
    def get(self, request: Request, number: int) -> Response:
        """With its versions, checks, reviews, timeline, and what a merge still needs."""
        return answer(request, number)


class Versions(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_revise",
        summary="Revise",
        request=ReviseRequest,
        responses=MADE,
    )
    def post(self, request: Request, number: int) -> Response:
        """Add the next version (author only). Approvals lapse, checks run again."""
        contribution = get_object_or_404(Contribution, pk=number)
        revise(actor=person(request), contribution=contribution, **asked(ReviseRequest, request))
        return answer(request, number, status=201)


class Reviews(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(
        operation_id="contributions_review",
        summary="Review",
        request=ReviewRequest,
        responses=MADE,
    )
    def post(self, request: Request, number: int) -> Response:
        """Approve the version that was read, or request changes to it (reviewers, never their own)."""
        contribution = get_object_or_404(Contribution, pk=number)
        review(reviewer=person(request), contribution=contribution, **asked(ReviewRequest, request))
        return answer(request, number, status=201)


class Merge(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(
        operation_id="contributions_merge", summary="Merge", request=HeadRequest, responses=ONE
    )
    def post(self, request: Request, number: int) -> Response:
        """Publish what was checked and approved, and queue its evaluation (maintainers)."""
        contribution = get_object_or_404(Contribution, pk=number)
        merge(actor=person(request), contribution=contribution, **asked(HeadRequest, request))
        return answer(request, number)


class Close(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(
        operation_id="contributions_close", summary="Close", request=CloseRequest, responses=ONE
    )
    def post(self, request: Request, number: int) -> Response:
        """End it without merging (maintainers)."""
        contribution = get_object_or_404(Contribution, pk=number)
        close(actor=person(request), contribution=contribution, **asked(CloseRequest, request))
        return answer(request, number)


class Withdraw(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_withdraw",
        summary="Withdraw",
        request=WithdrawRequest,
        responses=ONE,
    )
    def post(self, request: Request, number: int) -> Response:
        """Take it back (its author)."""
        contribution = get_object_or_404(Contribution, pk=number)
        withdraw(
            actor=person(request), contribution=contribution, **asked(WithdrawRequest, request)
        )
        return answer(request, number)


class Revert(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_revert",
        summary="Revert",
        request=SignedRequest,
        responses=MADE,
    )
    def post(self, request: Request, number: int) -> Response:
        """Propose to take a merged one back: a new contribution, checked and reviewed like any other."""
        contribution = get_object_or_404(Contribution, pk=number)
        made = revert(
            author=person(request), contribution=contribution, **asked(SignedRequest, request)
        )
        return answer(request, made.pk, status=201)


class SignOff(Endpoint):
    required_scope = Scope.REVIEW

    @extend_schema(
        operation_id="contributions_sign_off",
        summary="Sign off",
        request=HeadRequest,
        responses=ONE,
    )
    def post(self, request: Request, number: int) -> Response:
        """Vouch for what a program proposed, by the Developer Certificate of Origin (reviewers)."""
        contribution = get_object_or_404(Contribution, pk=number)
        sign_off(actor=person(request), contribution=contribution, **asked(HeadRequest, request))
        return answer(request, number)


class Compare(Endpoint):
    @extend_schema(
        operation_id="contributions_compare",
        summary="Compare versions",
        parameters=[
            OpenApiParameter(
                "from", str, description="A version's number, or base. Default: as the page."
            ),
            OpenApiParameter("to", int, description="A version's number. Default: the newest."),
        ],
        responses={200: ComparisonSerializer},
    )
    def get(self, request: Request, number: int) -> Response:
        """What differs between two versions; of an edit, also against what it was written against."""
        contribution = get_object_or_404(Contribution, pk=number)
        asked_for = request.query_params
        compared = read_comparison(
            contribution, version=asked_for.get("to", ""), against=asked_for.get("from", "")
        )
        return Response(ComparisonSerializer(compared).data)


class Rerun(Endpoint):
    required_scope = Scope.CONTRIBUTE

    @extend_schema(
        operation_id="contributions_rerun_check",
        summary="Run a check again",
        request=None,
        responses=ONE,
    )
    def post(self, request: Request, number: int, name: str) -> Response:
        """Of the newest version (its author, and maintainers). `origin` runs all of them again."""
        contribution = get_object_or_404(Contribution, pk=number)
        checks = Check.objects.select_related("version__contribution").filter(
            version__contribution=contribution, version__number=contribution.head
        )
        rerun_check(actor=person(request), check=get_object_or_404(checks, name=name))
        return answer(request, number)
