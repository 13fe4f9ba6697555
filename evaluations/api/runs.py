"""Runs: list, ask for, look at, cancel, retry."""

from typing import cast

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.actions.cancel import cancel_run
from evaluations.actions.prioritise import prioritise_run
from evaluations.actions.request import request_runs
from evaluations.actions.request_replication import request_replication
from evaluations.actions.retry import retry_run
from evaluations.actions.take_back_vote import take_back_vote
from evaluations.actions.vote import vote
from evaluations.api.serializers import (
    RequestedSerializer,
    RunCancelSerializer,
    RunDetailSerializer,
    RunPrioritySerializer,
    RunRequestSerializer,
    RunSerializer,
)
from evaluations.filters import RunFilter
from evaluations.models import Run
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.models import User
from hub.models.token import Scope

# `?state=queued&queue=cpu&ordering=-priority,turn` is the order in which workers take them.
SORTING = Sorting(
    {"requested": Key("pk"), "priority": Key("priority"), "turn": Key("turn")},
    default="-requested",
    tie="pk",
)


def listed() -> "QuerySet[Run]":
    return Run.objects.select_related("checkpoint__variant", "requested_by").prefetch_related(
        "items__recipe__benchmark_version__benchmark"
    )


def one(pk: int) -> Run:
    """Everything that its page shows, in a fixed number of queries."""
    details = listed().prefetch_related(
        "events__actor",
        "scores__checkpoint__variant",
        "scores__recipe__benchmark_version__benchmark",
        "replications__score__recipe",
        "replications__requested_by",
    )
    return get_object_or_404(details, pk=pk)


class RunList(ListEndpoint[Run]):
    required_scope = Scope.EVALUATE
    queryset = listed()
    serializer_class = RunSerializer
    filterset_class = RunFilter
    sorting = SORTING

    @extend_schema(
        operation_id="runs_create",
        request=RunRequestSerializer,
        responses={201: RequestedSerializer, 200: RequestedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for a checkpoint to be measured. 200 and no new run when every recipe has one."""
        asked = RunRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        checkpoint, wanted = asked.validated_data["checkpoint"], asked.validated_data["wanted"]
        runs = request_runs(
            actor=cast(User, request.user),
            checkpoint=checkpoint,
            recipes=wanted,
            group=asked.validated_data.get("group"),
        )
        made = {run.pk for run in runs}
        covering = listed().filter(
            # A trial that goes first has a recipe of its own.
            Q(pk__in=made)
            | Q(
                items__live=True,
                items__recipe__in=wanted,
                items__checkpoint_digest=checkpoint.digest,
            )
        )
        found = list(covering.distinct())
        answer = {
            "runs": [run for run in found if run.pk in made],
            "already": [run for run in found if run.pk not in made],
        }
        return Response(RequestedSerializer(answer).data, status=201 if made else 200)


class RunDetail(Endpoint):
    @extend_schema(responses=RunDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(RunDetailSerializer(one(pk)).data)


class RunCancel(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(request=RunCancelSerializer, responses=RunDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a waiting run; ask the worker of a running one to stop, which takes seconds."""
        run = get_object_or_404(Run, pk=pk)
        asked = RunCancelSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        cancel_run(actor=cast(User, request.user), run=run, why=asked.validated_data["why"])
        return Response(RunDetailSerializer(one(pk)).data)


class RunRetry(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(request=None, responses={201: RunDetailSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """A new run for what a failed or cancelled one did not measure."""
        run = get_object_or_404(Run.objects.select_related("checkpoint"), pk=pk)
        new = retry_run(actor=cast(User, request.user), run=run)
        headers = {"Location": request.build_absolute_uri(reverse("api_run_detail", args=[new.pk]))}
        return Response(RunDetailSerializer(one(new.pk)).data, status=201, headers=headers)


class RunPriority(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(
        operation_id="runs_priority", request=RunPrioritySerializer, responses=RunDetailSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let a waiting run go later, or as a maintainer sooner, than its turn."""
        asked = RunPrioritySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = get_object_or_404(Run, pk=pk)
        prioritise_run(actor=cast(User, request.user), run=run, **asked.validated_data)
        return Response(RunDetailSerializer(one(pk)).data)


class RunVote(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(operation_id="runs_vote", request=None, responses=RunDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Bring a waiting run of somebody else nearer; one vote a person."""
        vote(actor=cast(User, request.user), run=get_object_or_404(Run, pk=pk))
        return Response(RunDetailSerializer(one(pk)).data)

    @extend_schema(operation_id="runs_vote_take_back", responses=RunDetailSerializer)
    def delete(self, request: Request, pk: int) -> Response:
        """Take that vote back."""
        take_back_vote(actor=cast(User, request.user), run=get_object_or_404(Run, pk=pk))
        return Response(RunDetailSerializer(one(pk)).data)


class RunReplicate(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(
        operation_id="runs_replicate", request=None, responses={201: RunDetailSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Measure again what a published run did (people other than who asked for it)."""
        run = get_object_or_404(Run.objects.select_related("checkpoint"), pk=pk)
        new = request_replication(actor=cast(User, request.user), run=run)
        headers = {"Location": request.build_absolute_uri(reverse("api_run_detail", args=[new.pk]))}
        return Response(RunDetailSerializer(one(new.pk)).data, status=201, headers=headers)
