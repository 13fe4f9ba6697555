"""What a benchmark measures: its versions, their recipes, the boards that use them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evaluations.claims import CLAIMS, Reading, read_claim
from evaluations.filters import BENCHMARK_SORTING, BenchmarkFilter
from evaluations.models import Benchmark, Board
from hub.http import render_page
from hub.listing import read_list

CLAIMS_SHOWN = 20


@require_safe
def benchmark_list(request: HttpRequest) -> HttpResponse:
    benchmarks = Benchmark.objects.prefetch_related("versions")
    listing = read_list(request, benchmarks, filters=BenchmarkFilter, sorting=BENCHMARK_SORTING)
    context = {"section": "boards", "listing": listing}
    return render_page(request, "evaluations/benchmark_list.html", context)


@require_safe
def benchmark_detail(request: HttpRequest, slug: str) -> HttpResponse:
    benchmark = get_object_or_404(
        Benchmark.objects.select_related("dataset").prefetch_related("versions__recipes"), slug=slug
    )
    boards = Board.objects.filter(current=True, recipes__benchmark_version__benchmark=benchmark)
    context = {
        "section": "boards",
        "benchmark": benchmark,
        "versions": benchmark.versions.all(),
        "boards": boards.distinct().defer("facets"),
        "claims": _newest_claims(benchmark),
    }
    return render_page(request, "evaluations/benchmark_detail.html", context)


def _newest_claims(benchmark: Benchmark) -> list[Reading]:
    claims = CLAIMS.filter(benchmark=benchmark, superseded_by=None).order_by("-pk")
    return [read_claim(claim) for claim in claims[:CLAIMS_SHOWN]]
