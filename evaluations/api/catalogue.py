"""What can be measured: benchmarks and recipes. Immutable, so read only."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evaluations.api.serializers import (
    BenchmarkSerializer,
    RecipeDetailSerializer,
    RecipeSerializer,
)
from evaluations.filters import BenchmarkFilter, RecipeFilter
from evaluations.models import Benchmark, Recipe
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting


class BenchmarkList(ListEndpoint[Benchmark]):
    queryset = Benchmark.objects.prefetch_related("versions")
    serializer_class = BenchmarkSerializer
    filterset_class = BenchmarkFilter
    sorting = Sorting({"name": Key("name")}, default="name")


class BenchmarkDetail(Endpoint):
    @extend_schema(responses=BenchmarkSerializer)
    def get(self, request: Request, slug: str) -> Response:
        benchmark = get_object_or_404(Benchmark.objects.prefetch_related("versions"), slug=slug)
        return Response(BenchmarkSerializer(benchmark).data)


class RecipeList(ListEndpoint[Recipe]):
    queryset = Recipe.objects.select_related("benchmark_version__benchmark")
    serializer_class = RecipeSerializer
    filterset_class = RecipeFilter
    sorting = Sorting({"added": Key("pk")}, default="added")


class RecipeDetail(Endpoint):
    @extend_schema(responses=RecipeDetailSerializer)
    def get(self, request: Request, digest: str) -> Response:
        recipes = Recipe.objects.select_related("benchmark_version__benchmark")
        return Response(RecipeDetailSerializer(get_object_or_404(recipes, digest=digest)).data)
