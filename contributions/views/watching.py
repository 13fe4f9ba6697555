"""The watch buttons: a POST that sets one's attention and answers with the section, or its page."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from contributions.actions.watch import watch
from contributions.models import Contribution
from contributions.views import drafts
from contributions.watching import Watchable, read_watched
from hub.http import render_page
from hub.models import Dataset, ModelVariant, User
from hub.refusal import Refusal

signed_in = drafts.signed_in(back_to=lambda request: request.path.removesuffix("watch/"))


@require_POST
@signed_in
def watch_contribution(request: HttpRequest, number: int) -> HttpResponse:
    return _set(request, get_object_or_404(Contribution, pk=number))


@require_POST
@signed_in
def watch_variant(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    return _set(request, get_object_or_404(ModelVariant.objects.named(owner, name)))


@require_POST
@signed_in
def watch_dataset(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    return _set(request, get_object_or_404(Dataset.objects.named(owner, name)))


def _set(request: HttpRequest, thing: Watchable) -> HttpResponse:
    """Without a page load where it can be: a half-written comment beside it stays as it is."""
    person = cast(User, request.user)
    try:
        watch(person=person, thing=thing, attention=str(request.POST.get("attention", "")))
    except Refusal as refusal:
        return HttpResponse(refusal.message, status=422, content_type="text/plain; charset=utf-8")
    if not request.headers.get("HX-Request"):
        return redirect(thing)
    context = {"watched": read_watched(thing, person), "open": True}
    return render_page(request, "contributions/_watch.html", context)
