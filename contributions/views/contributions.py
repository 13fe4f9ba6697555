"""The list of contributions, and the page of one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from contributions import permissions
from contributions.filters import SORTING, ContributionFilter
from contributions.models import Contribution
from contributions.move_forms import ReasonForm, SayForm
from contributions.page import ContributionPage, read_lines, read_page
from contributions.views import drafts
from hub.http import render_page
from hub.listing import narrow_by, read_list


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
        "chips": [chip for chip in narrowing.chips if chip.name != "subject"],
    }
    return render_page(request, "contributions/list.html", context, partial="results")


@require_safe
def contribution_detail(request: HttpRequest, number: int) -> HttpResponse:
    contribution = get_object_or_404(
        Contribution.objects.select_related("author", "group", "merged_by", "variant", "dataset"),
        pk=number,
    )
    page = read_page(contribution, version=request.GET.get("version", ""))
    if request.GET.get("seen") == page.seen and request.headers.get("HX-Request"):
        # Nothing moved: htmx leaves the page, and what is marked or open in it, alone.
        return HttpResponse(status=204)
    said = drafts.kept(request, reverse("contribution_say", args=[number]))
    return show(request, page, say_form=SayForm(initial=said.dict()) if said else SayForm())


def show(
    request: HttpRequest, page: ContributionPage, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page; `forms` are those that were refused, with what was typed still in them."""
    person, contribution = request.user, page.contribution
    may_review = permissions.may_review(person, contribution) and page.is_head
    context: dict[str, Any] = {
        "page": page,
        "contribution": contribution,
        "section": "contributions",
        "say_form": SayForm(),
        "close_form": ReasonForm(auto_id="close_%s"),
        "withdraw_form": ReasonForm(auto_id="withdraw_%s"),
        "may_comment": permissions.may_comment(person),
        "may_review": may_review,
        "may_merge": permissions.may_merge(person, contribution) and page.is_head,
        "may_close": permissions.may_close(person, contribution),
        "may_withdraw": permissions.may_withdraw(person, contribution),
        "may_revise": permissions.may_revise(person, contribution),
        "may_rerun": permissions.may_rerun(person, contribution) and page.is_head,
        **forms,
    }
    if not may_review:
        context["say_form"].fields["body"].help_text = "Markdown."
    return render_page(request, "contributions/detail.html", context, partial="live", status=status)
