"""Atom feeds, answered from what the reader has wherever nothing is new."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from contributions import feeds
from contributions.filters import ContributionFilter
from contributions.models import Contribution
from evaluations.models import Board
from hub.api.etag import etag_of
from hub.models import Dataset, ModelVariant

# Seconds in which a cache need not ask again.
AGE = 60


@require_safe
def contributions(request: HttpRequest) -> HttpResponseBase:
    """Newest first; narrowed by the filters of the list, under the same names."""
    narrowed = ContributionFilter(request.GET or None, queryset=Contribution.objects.all())
    if request.GET and not narrowed.is_valid():
        # Everything, into the reader of somebody who asked for a part, would be worse.
        raise BadRequest("No such filter.")
    rows = narrowed.qs
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    path = f"/contributions/{query}"
    return _answer(request, feeds.of_contributions("Contributions", path, rows.order_by("-pk")))


@require_safe
def merged(request: HttpRequest) -> HttpResponseBase:
    return _answer(request, feeds.of_merged())


@require_safe
def one(request: HttpRequest, number: int) -> HttpResponseBase:
    return _answer(request, feeds.of_timeline(get_object_or_404(Contribution, pk=number)))


@require_safe
def variant(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    return _of_entry(request, ModelVariant.objects.at(owner, name), "feed_variant")


@require_safe
def dataset(request: HttpRequest, owner: str, name: str) -> HttpResponseBase:
    return _of_entry(request, Dataset.objects.at(owner, name), "feed_dataset")


@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What moves on the current version of a board."""
    return _answer(request, feeds.of_board(get_object_or_404(Board, slug=slug, current=True)))


def _of_entry(
    request: HttpRequest, entry: ModelVariant | Dataset | None, feed: str
) -> HttpResponseBase:
    """At its own address alone: a reader that follows a former name is sent there."""
    if entry is None:
        raise Http404("There is no such entry.")
    path = reverse(feed, args=[entry.owner, entry.name])
    return _answer(request, feeds.of_entry(entry)) if request.path == path else redirect(path)


def _answer(request: HttpRequest, feed: feeds.Feed) -> HttpResponseBase:
    seen = ((entry.key, entry.title, entry.updated, entry.html) for entry in feed.entries)
    etag = etag_of(request.get_full_path(), feed.title, *seen)
    newest = int(feed.updated.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=newest)
    if response is None:
        xml = feed.xml(request.get_full_path())
        response = HttpResponse(xml, content_type="application/atom+xml; charset=utf-8")
    response["ETag"], response["Last-Modified"] = etag, http_date(newest)
    response["Cache-Control"] = f"public, max-age={AGE}"
    return response
