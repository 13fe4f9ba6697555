"""What people do to a contribution: each a POST that calls one action and comes back to the page.

A refusal shows the page again with its reason, and what was typed is still there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import resolve, reverse
from django.views.decorators.http import require_POST

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.merge import merge
from contributions.actions.rerun import rerun_check
from contributions.actions.review import review
from contributions.actions.withdraw import withdraw
from contributions.models import Check, Contribution
from contributions.models.review import Verdict
from contributions.move_forms import ReasonForm, SayForm
from contributions.page import read_page
from contributions.views import drafts
from contributions.views.contributions import show
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

Move = Callable[..., HttpResponse]
COMMENT = "comment"
SAID = {
    COMMENT: "Your comment is in the conversation.",
    Verdict.APPROVE.value: "You approved this version.",
    Verdict.REQUEST_CHANGES.value: "You requested changes.",
}
# What a refusal is called in HTTP; the browser shows the page either way.
STATUS: dict[type[Exception], int] = {Refusal: 422, PermissionDenied: 403, IllegalMove: 409}


def on_contribution(view: Move) -> Callable[..., HttpResponse]:
    """Signed in, by POST, with the contribution in hand."""

    def page_of(request: HttpRequest) -> str:
        number = resolve(request.path).kwargs["number"]
        return f"{reverse('contribution_detail', args=[number])}#say"

    @require_POST
    @drafts.signed_in(back_to=page_of)
    @wraps(view)
    def wrapped(request: HttpRequest, number: int, **kwargs: object) -> HttpResponse:
        contribution = get_object_or_404(Contribution.objects.select_related("author"), pk=number)
        return view(request, contribution, **kwargs)

    return wrapped


def attempt(
    request: HttpRequest,
    contribution: Contribution,
    act: Callable[[], object],
    *,
    done: str,
    back_to: str = "",
    **typed: forms.Form,
) -> HttpResponse:
    """Do it and go back, to the page unless another address is named; or show the page with the
    reason, and the form as it was typed.
    """
    try:
        act()
    except (Refusal, IllegalMove, PermissionDenied) as refused:
        contribution = Contribution.objects.select_related(
            "author", "group", "merged_by", "variant", "dataset"
        ).get(pk=contribution.pk)
        for form in typed.values():
            form.add_error(next(iter(form.fields)), str(refused))
        if not isinstance(refused, Refusal) or not typed:
            messages.error(request, str(refused))
        status = next(code for kind, code in STATUS.items() if isinstance(refused, kind))
        return show(request, read_page(contribution), status=status, **cast(Any, typed))
    drafts.forget(request)
    messages.success(request, done)
    return redirect(back_to or contribution)


def head_of(request: HttpRequest) -> int:
    """The version that the person had before them; 0, which no version has, where it is not said."""
    head = str(request.POST.get("head", ""))
    return int(head) if head.isdecimal() else 0


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


def text_of(form: forms.Form, name: str) -> str:
    form.full_clean()
    return str(form.cleaned_data.get(name, ""))


@on_contribution
def say(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    """A comment or a verdict, as the button says."""
    form = SayForm(request.POST)
    body, verdict = text_of(form, "body"), str(request.POST.get("say", COMMENT))

    def act() -> Any:
        if verdict == COMMENT:
            return comment(author=person(request), contribution=contribution, body=body)
        return review(
            reviewer=person(request),
            contribution=contribution,
            head=head_of(request),
            verdict=verdict,
            body=body,
        )

    return attempt(request, contribution, act, done=SAID.get(verdict, ""), say_form=form)


@on_contribution
def merge_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    def act() -> Any:
        return merge(actor=person(request), contribution=contribution, head=head_of(request))

    return attempt(request, contribution, act, done="Merged. It is in the catalogue now.")


@on_contribution
def close_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="close_%s")
    why = text_of(form, "why")

    def act() -> Any:
        return close(actor=person(request), contribution=contribution, why=why)

    return attempt(request, contribution, act, done="Closed.", close_form=form)


@on_contribution
def withdraw_contribution(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    why = text_of(form, "why")

    def act() -> Any:
        return withdraw(actor=person(request), contribution=contribution, why=why)

    return attempt(request, contribution, act, done="Withdrawn.", withdraw_form=form)


@on_contribution
def rerun(request: HttpRequest, contribution: Contribution, name: str) -> HttpResponse:
    check = get_object_or_404(
        Check, version__contribution=contribution, version__number=contribution.head, name=name
    )

    def act() -> Any:
        return rerun_check(actor=person(request), check=check)

    return attempt(request, contribution, act, done="The check runs again.")
