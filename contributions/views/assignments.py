"""Asking for reviews, and letting go of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from contributions.actions.assign import assign
from contributions.actions.unassign import unassign
from contributions.models import Contribution
from contributions.views.moves import attempt, on_contribution, person
from hub.models import User


def asked(request: HttpRequest) -> User:
    return get_object_or_404(User, username__iexact=str(request.POST.get("reviewer", "")).strip())


@on_contribution
def assign_reviewer(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    reviewer, actor = asked(request), person(request)
    done = "You review this." if reviewer == actor else f"{reviewer.username} was asked."

    def act() -> object:
        return assign(actor=actor, contribution=contribution, reviewer=reviewer)

    return attempt(request, contribution, act, done=done)


@on_contribution
def unassign_reviewer(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    reviewer = asked(request)

    def act() -> None:
        unassign(actor=person(request), contribution=contribution, reviewer=reviewer)

    return attempt(request, contribution, act, done=f"{reviewer.username} is not waited for.")
