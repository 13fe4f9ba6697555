"""What people do to a contribution: each a POST that calls one action and comes back to the page.

A refusal shows the page again with its reason, and what was typed is still there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.merge import merge
from contributions.actions.rerun import rerun_check
from contributions.actions.review import review
from contributions.actions.withdraw import withdraw
from contributions.models import Check, Contribution
from contributions.move_forms import CommentForm, ReasonForm, ReviewForm
from contributions.page import read_page
from contributions.views.contributions import show
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

Rest = ParamSpec("Rest")
Move = Callable[Concatenate[HttpRequest, Contribution, Rest], HttpResponse]


def on_contribution(view: Move[Rest]) -> Callable[..., HttpResponse]:
    """Signed in, by POST, with the contribution in hand."""

    @login_required
    @require_POST
    @wraps(view)
    def wrapped(
        request: HttpRequest, number: int, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponse:
        contribution = get_object_or_404(Contribution, pk=number)
        return view(request, contribution, *args, **kwargs)

    return wrapped


def attempt(
    request: HttpRequest,
    contribution: Contribution,
    act: Callable[[], object],
    *,
    done: str,
    form: tuple[str, forms.Form] | None = None,
) -> HttpResponse:
    """Do it and go back to the page; or show the page with the reason and the form as it was typed."""
    try:
        act()
    except (Refusal, IllegalMove) as refused:
        contribution.refresh_from_db()
        if form is None:
            messages.error(request, str(refused))
            return redirect(contribution)
        name, typed = form
        typed.add_error("body" if "body" in typed.fields else "why", str(refused))
        return show(request, read_page(contribution), status=422, **{name: typed})
    messages.success(request, done)
    return redirect(contribution)


def head_of(request: HttpRequest) -> int:
    """The version that the person had before them; 0, which no version has, where it is not said."""
    head = str(request.POST.get("head", ""))
    return int(head) if head.isdecimal() else 0


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


@on_contribution
def add_comment(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = CommentForm(request.POST)
    if not form.is_valid():
        return show(request, read_page(contribution), status=422, comment_form=form)
    body: str = form.cleaned_data["body"]

    def act() -> Any:
        return comment(author=person(request), contribution=contribution, body=body)

    return attempt(request, contribution, act, done="Said.", form=("comment_form", form))


@on_contribution
def add_review(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = ReviewForm(request.POST)
    form.is_valid()
    verdict = str(request.POST.get("verdict", ""))

    def act() -> Any:
        return review(
            reviewer=person(request),
            contribution=contribution,
            head=head_of(request),
            verdict=verdict,
            body=form.cleaned_data.get("body", ""),
        )

    done = "Approved." if verdict == "approve" else "Changes are requested."
    return attempt(request, contribution, act, done=done, form=("review_form", form))


@on_contribution
def merge_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    def act() -> Any:
        return merge(actor=person(request), contribution=contribution, head=head_of(request))

    done = "Merged. It is in the catalogue; its evaluation is queued on the boards that apply."
    return attempt(request, contribution, act, done=done)


@on_contribution
def close_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="close_%s")
    form.is_valid()
    why = form.cleaned_data.get("why", "")

    def act() -> Any:
        return close(actor=person(request), contribution=contribution, why=why)

    return attempt(request, contribution, act, done="Closed.", form=("close_form", form))


@on_contribution
def withdraw_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    form.is_valid()
    why = form.cleaned_data.get("why", "")

    def act() -> Any:
        return withdraw(actor=person(request), contribution=contribution, why=why)

    return attempt(request, contribution, act, done="Withdrawn.", form=("withdraw_form", form))


@on_contribution
def rerun(request: HttpRequest, contribution: Contribution, name: str) -> HttpResponse:
    check = get_object_or_404(
        Check, version__contribution=contribution, version__number=contribution.head, name=name
    )

    def act() -> Any:
        return rerun_check(actor=person(request), check=check)

    return attempt(request, contribution, act, done="The check runs again.")
