"""What one does about a person: block them, or as a maintainer suspend them."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from contributions.actions.block import block
from contributions.actions.reinstate import reinstate
from contributions.actions.suspend import suspend
from contributions.actions.unblock import unblock
from hub.models import User
from hub.refusal import Refusal


@require_POST
@login_required
def person_block(request: HttpRequest, username: str) -> HttpResponse:
    person = get_object_or_404(User, username=username)
    try:
        block(blocker=cast(User, request.user), blocked=person)
    except Refusal as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, f"You hear no more of {person.username}.")
    return redirect(person)


@require_POST
@login_required
def person_unblock(request: HttpRequest, username: str) -> HttpResponse:
    person = get_object_or_404(User, username=username)
    unblock(blocker=cast(User, request.user), blocked=person)
    messages.success(request, f"You hear of {person.username} again.")
    return redirect(person)


@require_POST
@login_required
def person_suspend(request: HttpRequest, username: str) -> HttpResponse:
    person, why = get_object_or_404(User, username=username), request.POST.get("why", "")
    try:
        suspend(actor=cast(User, request.user), person=person, why=why)
    except Refusal as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, f"{person.username} is suspended.")
    return redirect(person)


@require_POST
@login_required
def person_reinstate(request: HttpRequest, username: str) -> HttpResponse:
    person, why = get_object_or_404(User, username=username), request.POST.get("why", "")
    reinstate(actor=cast(User, request.user), person=person, why=why)
    messages.success(request, f"{person.username} is back.")
    return redirect(person)
