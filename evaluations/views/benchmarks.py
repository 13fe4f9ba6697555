"""What a benchmark measures: its versions, their recipes, the boards that use them."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evaluations.claims import CLAIMS, Reading, read_claim
from evaluations.declared import read_version
from evaluations.filters import BENCHMARK_SORTING, BenchmarkFilter
from evaluations.models import Benchmark, BenchmarkVersion, Board
from evaluations.resolution import resolution_of
from hub import panels, store
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
    versions = list(benchmark.versions.all())
    told = resolution_of(recipe for version in versions for recipe in version.recipes.all())
    boards = Board.objects.filter(current=True, recipes__benchmark_version__benchmark=benchmark)
    context = {
        "section": "boards",
        "benchmark": benchmark,
        "versions": [read_version(version, told) for version in versions],
        "boards": boards.distinct().defer("facets"),
        "side": panels.at("benchmark", request, benchmark),
        "claims": _newest_claims(benchmark),
    }
    return render_page(request, "evaluations/benchmark_detail.html", context)


@require_safe
def benchmark_data(request: HttpRequest, slug: str, version: str, part: str) -> FileResponse:
    """The rows of a contributed benchmark, unless they are confidential; `part` is data or examples."""
    public = BenchmarkVersion.objects.filter(definition__isnull=False, confidential=False)
    found = get_object_or_404(public, benchmark__slug=slug, version=version)
    assert found.definition is not None  # noqa: S101 - the filter makes it so
    digests = {"data": found.data_sha256, "examples": found.definition["examples_sha256"]}
    if not digests.get(part) or not store.default().has(digests[part]):
        raise Http404("There is no such data.")
    return FileResponse(
        store.default().open(digests[part]),
        as_attachment=True,
        filename=f"{slug}-{version}-{part}.jsonl",
        content_type="application/jsonl",
    )


def _newest_claims(benchmark: Benchmark) -> list[Reading]:
    claims = CLAIMS.filter(benchmark=benchmark, superseded_by=None).order_by("-pk")
    return [read_claim(claim) for claim in claims[:CLAIMS_SHOWN]]
