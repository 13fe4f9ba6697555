"""What happened that concerns somebody, and what of it they have read."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from contributions.actions.mark_read import mark_read
from contributions.inbox import SORTING, UNREAD, NotificationFilter, grouped, listed, unread_of
from contributions.models import Contribution
from contributions.views import drafts
from hub.http import render_page
from hub.listing import narrow_by, read_list
from hub.models import User


@never_cache
@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    person = cast(User, request.user)
    listing = read_list(request, listed(person), filters=NotificationFilter, sorting=SORTING)
    shown = str(listing.filters.data.get("show", "")) or UNREAD
    context = {
        "section": "inbox",
        "listing": listing,
        "groups": grouped(listing.rows),
        "shown": shown,
        "selects": narrow_by(listing, why=None).selects,
        "newest": max((row.pk for row in listing.rows), default=0),
    }
    return render_page(request, "contributions/inbox.html", context, partial="results")


@never_cache
@require_safe
def inbox_count(request: HttpRequest) -> HttpResponse:
    """The header's link, for a page that stays open; 204 while it says what it said."""
    unread = unread_of(request.user)
    if not request.user.is_authenticated or request.GET.get("seen") == unread.text:
        return HttpResponse(status=204)
    return render(request, "contributions/_inbox_link.html", {"unread": unread})


@require_POST
@drafts.signed_in(back_to=lambda request: reverse("inbox"))
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Of one `contribution`, or all; `up_to` is the newest that the page showed."""
    number, newest = str(request.POST.get("contribution", "")), str(request.POST.get("up_to", ""))
    contribution = get_object_or_404(Contribution, pk=int(number)) if number.isdecimal() else None
    mark_read(
        person=cast(User, request.user),
        contribution=contribution,
        up_to=int(newest) if newest.isdecimal() else None,
    )
    messages.success(request, "Marked as read.")
    back = str(request.POST.get("back", ""))
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if ours else reverse("inbox"))
