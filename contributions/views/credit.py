"""An entry's citation as a file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contributions.citation import bibtex
from contributions.credit import behind
from hub.models import Dataset, ModelVariant


@require_safe
def variant_citation(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    return _cite(request, get_object_or_404(ModelVariant.objects.named(owner, name)))


@require_safe
def dataset_citation(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    return _cite(request, get_object_or_404(Dataset.objects.named(owner, name)))


def _cite(request: HttpRequest, entry: ModelVariant | Dataset) -> HttpResponse:
    text = bibtex(
        entry,
        contributors=behind(entry).contributors,
        url=request.build_absolute_uri(entry.get_absolute_url()),
        checkpoint=entry.checkpoints.defer("files").first()
        if isinstance(entry, ModelVariant)
        else None,
    )
    response = HttpResponse(text, content_type="application/x-bibtex; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{entry.owner}-{entry.name}.bib"'
    return response
