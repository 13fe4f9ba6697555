"""Numbers that are reported elsewhere: all of them, and one with what it says and what came of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evaluations.claims import CLAIMS, read_claim, read_score, score_beside
from evaluations.filters import CLAIM_SORTING, ClaimFilter
from hub.http import render_page
from hub.listing import narrow_by, read_list

# Other numbers for the same that a claim's page shows.
OTHERS = 50


@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    listing = read_list(request, CLAIMS, filters=ClaimFilter, sorting=CLAIM_SORTING)
    context = {
        "section": "boards",
        "listing": listing,
        "readings": [read_claim(claim) for claim in listing.rows],
        "narrowing": narrow_by(listing, role=None),
    }
    return render_page(request, "evaluations/claim_list.html", context, partial="results")


@require_safe
def claim_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """With the measurement it can be held against, and all that was claimed of the same."""
    claim = get_object_or_404(CLAIMS.select_related("added_by", "superseded_by"), pk=pk)
    about = CLAIMS.filter(variant=claim.variant, benchmark_name__iexact=claim.benchmark_name)
    others = list(about.exclude(pk=claim.pk)[:OTHERS])
    measured = score_beside(claim)
    context = {
        "section": "boards",
        "claim": claim,
        "reading": read_claim(claim, measured, others),
        "beside": measured and read_score(measured),
        "others": [read_claim(other, measured, [claim, *others]) for other in others],
        "disputes": claim.disputes.all(),
    }
    return render_page(request, "evaluations/claim_detail.html", context)
