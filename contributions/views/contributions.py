"""The list of contributions, and the page of one."""

from typing import Any
from urllib.parse import quote_plus

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from contributions import permissions
from contributions.actions.mark_read import mark_read
from contributions.conversation import Where
from contributions.conversation import number as number_in
from contributions.filters import SORTING, ContributionFilter
from contributions.linking import read_links
from contributions.models import Contribution
from contributions.move_forms import ReasonForm, SayForm
from contributions.news import in_words, read_stamp
from contributions.page import MOST_AWAITED, ContributionPage, read_lines, read_page
from contributions.quoting import quote
from contributions.reviewing import read_asking
from contributions.views import drafts
from contributions.watching import read_watched
from hub.http import render_page
from hub.listing import narrow_by, read_list
from hub.models import User

ORDERS = [
    ("-number", "Newest first"),
    ("number", "Oldest first"),
    ("-updated", "Changed last first"),
    ("updated", "Unchanged longest first"),
    ("subject", "By name"),
]
WITH = ("author", "group", "merged_by", "variant", "dataset")


@require_safe
def contribution_list(request: HttpRequest) -> HttpResponse:
    queryset = Contribution.objects.select_related("author", "group")
    listing = read_list(request, queryset, filters=ContributionFilter, sorting=SORTING)
    narrowing = narrow_by(listing, state=None, kind=None, group=None)
    context = {
        "section": "contributions",
        "listing": listing,
        "lines": read_lines(listing.rows),
        "selects": narrowing.selects,
        "chips": narrowing.chips,
        "orders": ORDERS,
        "own": own_lists(request),
    }
    return render_page(request, "contributions/list.html", context, partial="results")


def own_lists(request: HttpRequest) -> list[tuple[str, str]]:
    """Words and query of the lists that are about whoever looks, but for the one that is shown."""
    if not request.user.is_authenticated:
        return []
    name = quote_plus(request.user.get_username())
    return [
        (words, f"{field}={name}")
        for words, field in (("Mine", "author"), ("Involving me", "involves"))
        if not request.GET.get(field)
    ]


@require_safe
def contribution_detail(request: HttpRequest, number: int) -> HttpResponse:
    version = request.GET.get("version", "")
    runs = request.GET.get("runs", "").split(",")[:MOST_AWAITED]
    stamp = read_stamp(
        number, version=number_in(version), runs=[run for text in runs if (run := number_in(text))]
    )
    if not stamp:
        raise Http404("There is no such contribution.")
    if request.GET.get("seen") == stamp and request.headers.get("HX-Request"):
        # Nothing moved: htmx leaves the page, and what is marked or open in it, alone.
        return HttpResponse(status=204)
    contribution = Contribution.objects.select_related(*WITH).get(pk=number)
    if isinstance(request.user, User):
        mark_read(person=request.user, contribution=contribution)
    page = read_page(
        contribution,
        version=version,
        against=request.GET.get("against", ""),
        where=Where.of(request.GET.dict()),
        stamp=stamp,
    )
    return show(request, page, **prepared(request, number))


def prepared(request: HttpRequest, number: int) -> dict[str, Any]:
    """The box for words as it was left to sign in or to preview, or with what a link quotes."""
    kept = drafts.kept(request, reverse("contribution_say", args=[number]))
    if kept:
        looked = read_links([str(kept.get("body", ""))]) if "look" in kept else None
        return {"say_form": SayForm(initial=kept.dict()), "say_looked": looked}
    quoted = quote(number, request.GET.get("quote", ""))
    return {"say_form": SayForm(initial={"body": quoted} if quoted else None)}


def show(
    request: HttpRequest,
    page: ContributionPage,
    *,
    status: int = 200,
    **forms: Any,
) -> HttpResponse:
    """The page; `forms` are those that were refused, with what was typed still in them."""
    person, contribution = request.user, page.contribution
    told = page.conversation
    since = number_in(request.GET.get("since"))
    # The version that whoever looks again began with: what they write is about that one.
    read = number_in(request.GET.get("read")) or page.version.number
    may_review = permissions.may_review(person, contribution) and page.is_head
    context: dict[str, Any] = {
        "page": page,
        "contribution": contribution,
        "section": "contributions",
        "stamp": page.stamp,
        "read": read,
        # An open page goes over to the newest version unless it was asked for another.
        "version_asked": "version" in request.GET and not page.is_head,
        "latest_from": page.where.latest or told.start,
        "news": in_words(told.latest, since=since, reader=as_user(person)) if since else "",
        "say_form": SayForm(),
        "asking": read_asking(person, page.reviewing),
        "close_form": ReasonForm(auto_id="close_%s"),
        "withdraw_form": ReasonForm(auto_id="withdraw_%s"),
        "may_comment": permissions.may_comment(person),
        "may_review": may_review,
        "may_merge": permissions.may_merge(person, contribution) and page.is_head,
        "may_close": permissions.may_close(person, contribution),
        "may_withdraw": permissions.may_withdraw(person, contribution),
        "may_revise": permissions.may_revise(person, contribution),
        "may_rerun": permissions.may_rerun(person, contribution) and page.is_head,
        "watched": read_watched(contribution, person),
        **forms,
    }
    if not may_review:
        context["say_form"].fields["body"].help_text = "Markdown."
    piece = "piece" if page.where.after else "live"
    return render_page(request, "contributions/detail.html", context, partial=piece, status=status)


def as_user(person: Any) -> User | None:
    return person if isinstance(person, User) else None
