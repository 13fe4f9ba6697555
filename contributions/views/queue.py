"""What waits for whom."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from contributions.filters import QueueFilter
from contributions.models import Contribution
from contributions.queue import SORTING, WHICH, read_waiting, waiting_for
from contributions.views import drafts
from hub.http import render_page
from hub.listing import narrow_by, read_list
from hub.models import User


@require_safe
@drafts.signed_in(back_to=lambda request: request.get_full_path())
def review_queue(request: HttpRequest) -> HttpResponse:
    person = cast(User, request.user)
    asked = request.GET.get("which", "")
    which = asked if asked in dict(WHICH) else "waiting"
    listing = read_list(request, waiting_for(person, which), filters=QueueFilter, sorting=SORTING)
    rows: list[Contribution] = listing.rows
    context = {
        "section": "queue",
        "listing": listing,
        "which": which,
        "choices": WHICH,
        "waiting": read_waiting(rows),
        "selects": narrow_by(listing, kind=None, group=None).selects,
    }
    return render_page(request, "contributions/queue.html", context, partial="results")
