"""Lists and pages of variants and datasets."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from hub import drift, markdown, panels, search
from hub.ancestry import draw, family_of, offspring_of
from hub.cards import parse
from hub.filters import DATASET_SORTING, VARIANT_SORTING, DatasetFilter, VariantFilter
from hub.http import render_page
from hub.listing import narrow_by, read_list
from hub.models import CardRevision, Dataset, ModelVariant


@require_safe
def variant_list(request: HttpRequest) -> HttpResponse:
    listing = read_list(
        request, ModelVariant.objects.all(), filters=VariantFilter, sorting=VARIANT_SORTING
    )
    context = {
        "section": "variants",
        "listing": listing,
        "narrowing": narrow_by(
            listing,
            size=None,
            relation=None,
            licence=search.licences_in_use(ModelVariant),
            architecture=search.architectures_in_use(),
            state=None,
        ),
    }
    return render_page(request, "hub/variant_list.html", context, partial="results")


@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    listing = read_list(
        request, Dataset.objects.all(), filters=DatasetFilter, sorting=DATASET_SORTING
    )
    context = {
        "section": "datasets",
        "listing": listing,
        "narrowing": narrow_by(
            listing, purpose=None, licence=search.licences_in_use(Dataset), state=None
        ),
    }
    return render_page(request, "hub/dataset_list.html", context, partial="results")


@require_safe
def variant_detail(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    variant: Any = search.whole_variants().at(owner, name)
    if variant is None:
        raise Http404("There is no such variant.")
    if elsewhere := _canonical(request, variant):
        return elsewhere
    family = family_of(variant)
    checkpoint = next(iter(variant.newest_checkpoints), None)
    context = {
        "section": "variants",
        "variant": variant,
        "entry": variant,
        "family": family,
        "drawing": draw(variant, family) if family else None,
        "checkpoint": checkpoint,
        "origin": drift.news_of(variant, checkpoint),
        **_card(search.current_card(variant)),
        "panels": panels.at("variant", request, variant),
        "side_panels": panels.at("variant_side", request, variant),
    }
    return render_page(request, "hub/variant_detail.html", context)


@require_safe
def dataset_detail(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    dataset = search.whole_datasets().at(owner, name)
    if dataset is None:
        raise Http404("There is no such dataset.")
    if elsewhere := _canonical(request, dataset):
        return elsewhere
    context = {
        "section": "datasets",
        "dataset": dataset,
        "entry": dataset,
        "offspring": offspring_of(dataset),
        "origin": drift.news_of(dataset),
        **_card(search.current_card(dataset)),
        "panels": panels.at("dataset", request, dataset),
        "side_panels": panels.at("dataset_side", request, dataset),
    }
    return render_page(request, "hub/dataset_detail.html", context)


def _canonical(request: HttpRequest, entry: ModelVariant | Dataset) -> HttpResponse | None:
    """A redirect from other capitals than the entry's own, or from an address that it had before."""
    path = entry.get_absolute_url()
    if request.path == path:
        return None
    query = request.META.get("QUERY_STRING", "")
    # What was renamed may be renamed back; capitals stay what they are.
    only_case = request.path.lower() == path.lower()
    return redirect(f"{path}?{query}" if query else path, permanent=only_case)


def _card(card: CardRevision | None) -> dict[str, object]:
    return {"card": card, "card_html": markdown.render(parse(card.text).body) if card else ""}
