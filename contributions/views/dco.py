"""What people certify when they sign a version off, and signing for a program."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contributions.actions.sign_off import sign_off
from contributions.models import Contribution
from contributions.views.moves import attempt, head_of, on_contribution, person


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    return render(request, "contributions/dco.html", {"section": "contributions"})


@on_contribution
def sign(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    def act() -> Any:
        return sign_off(actor=person(request), contribution=contribution, head=head_of(request))

    return attempt(request, contribution, act, done="You signed it off.")
