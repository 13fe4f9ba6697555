"""The list of contributions, and the page of one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contributions import permissions
from contributions.filters import SORTING, ContributionFilter
from contributions.models import Contribution
from contributions.move_forms import CommentForm, ReasonForm, ReviewForm
from contributions.page import ContributionPage, read_page
from hub.http import render_page
from hub.listing import read_list


@require_safe
def contribution_list(request: HttpRequest) -> HttpResponse:
    queryset = Contribution.objects.select_related("author", "group")
    listing = read_list(request, queryset, filters=ContributionFilter, sorting=SORTING)
    context = {"listing": listing, "section": "contributions"}
    return render_page(request, "contributions/list.html", context, partial="rows")


@require_safe
def contribution_detail(request: HttpRequest, number: int) -> HttpResponse:
    contribution = get_object_or_404(
        Contribution.objects.select_related("author", "group", "merged_by", "variant", "dataset"),
        pk=number,
    )
    page = read_page(contribution, version=request.GET.get("version", ""))
    return show(request, page)


def show(
    request: HttpRequest, page: ContributionPage, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page; `forms` are those that were refused, with what was typed still in them."""
    person, contribution = request.user, page.contribution
    context = {
        "page": page,
        "contribution": contribution,
        "section": "contributions",
        "comment_form": CommentForm(),
        "review_form": ReviewForm(),
        "close_form": ReasonForm(auto_id="close_%s"),
        "withdraw_form": ReasonForm(auto_id="withdraw_%s"),
        "may_comment": permissions.may_comment(person),
        "may_review": permissions.may_review(person, contribution),
        "may_merge": permissions.may_merge(person, contribution),
        "may_close": permissions.may_close(person, contribution),
        "may_withdraw": permissions.may_withdraw(person, contribution),
        "may_revise": permissions.may_revise(person, contribution),
        "may_rerun": permissions.may_rerun(person, contribution),
        **forms,
    }
    return render_page(request, "contributions/detail.html", context, partial="live", status=status)
