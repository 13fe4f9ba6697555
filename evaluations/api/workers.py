"""Workers under /api/v1/: who measures, with what, and what each does now."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.actions.drain_worker import drain_worker, undrain_worker
from evaluations.filters import WorkerFilter
from evaluations.models import Worker
from evaluations.workers import rows_of, workers
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.models import User
from hub.models.token import Scope


class WorkerSerializer(serializers.ModelSerializer[Worker]):
    """`is_alive`: heard of within a lease. `confinement` is what its kernel lets an evaluation be shut
    into, by part."""

    is_alive = serializers.BooleanField()
    hardware = serializers.DictField()
    harnesses = serializers.DictField(child=serializers.CharField())
    versions = serializers.DictField(child=serializers.CharField())
    confinement = serializers.DictField(child=serializers.CharField())
    store = serializers.DictField()

    class Meta:
        model = Worker
        fields = [
            "id", "name", "host", "is_alive", "queues", "processes", "harnesses", "backends",
            "capabilities", "hardware", "versions", "confinement", "store", "started_at", "seen_at",
            "stopped_at", "draining", "drain_why",
        ]  # fmt: skip
        read_only_fields = fields


class WorkerDetailSerializer(WorkerSerializer):
    runs = serializers.SerializerMethodField(help_text="Ids of the runs that it holds now.")

    class Meta(WorkerSerializer.Meta):
        fields = [*WorkerSerializer.Meta.fields, "runs"]
        read_only_fields = fields

    def get_runs(self, worker: Worker) -> list[int]:
        [row] = rows_of([worker])
        return [run.pk for run in row.holding]


class DrainSerializer(serializers.Serializer[Any]):
    draining = serializers.BooleanField()
    why = serializers.CharField(required=False, max_length=200, default="")


class WorkerList(ListEndpoint[Worker]):
    queryset = workers()
    serializer_class = WorkerSerializer
    filterset_class = WorkerFilter
    sorting = Sorting({"name": Key("name")}, default="name", tie="pk")


class WorkerDetail(Endpoint):
    @extend_schema(responses=WorkerDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(WorkerDetailSerializer(get_object_or_404(workers(), pk=pk)).data)


class WorkerDrain(Endpoint):
    required_scope = Scope.EVALUATE

    @extend_schema(
        operation_id="workers_drain", request=DrainSerializer, responses=WorkerDetailSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Have it end what it holds and take no more, or take runs again. Maintainers."""
        asked = DrainSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        worker, actor = get_object_or_404(Worker, pk=pk), cast(User, request.user)
        if asked.validated_data["draining"]:
            drain_worker(actor=actor, worker=worker, why=asked.validated_data["why"])
        else:
            undrain_worker(actor=actor, worker=worker)
        return Response(WorkerDetailSerializer(get_object_or_404(workers(), pk=pk)).data)
