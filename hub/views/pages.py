"""The front page, search, people."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from hub import panels
from hub.http import render_page
from hub.models import CardRevision, ModelVariant, User
from hub.movement import movement
from hub.search import find

NEWEST = 5
MAX_QUERY = 200


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this is, what leads, what moved, what waits."""
    context = {
        "newest": ModelVariant.objects.published()[:NEWEST],
        "movement": movement(),
        "panels": panels.at("front", request),
        "side_panels": panels.at("front_side", request),
    }
    return render_page(request, "hub/front.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Variants, datasets, people; other apps add boards and contributions."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    found = find(query)
    context = {
        "query": query,
        "found": found,
        "panels": panels.at("search", request, query) if query else [],
    }
    return render_page(request, "hub/search.html", context, partial="results")


@require_safe
def person_detail(request: HttpRequest, username: str) -> HttpResponse:
    """Who somebody is and what they did here."""
    person = get_object_or_404(User, username__iexact=username)
    if person.username != username:
        return redirect(person, permanent=True)
    revisions = CardRevision.objects.filter(published_by=person).select_related(
        "variant", "dataset"
    )
    context = {
        "person": person,
        "revisions": revisions.defer("text", "metadata").order_by("-pk")[:20],
        "panels": panels.at("person", request, person),
    }
    return render_page(request, "hub/person_detail.html", context)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every piece of the look, for those who build pages."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render_page(request, "styleguide.html")
