"""What was typed and not sent yet stands in its form again: drafts, and signing in again.

A person's draft is a row (models/draft.py). Who posts a form after their session has ended is sent to
sign in; the text waits in the session, which signing in keeps. Both are found by the form's address.
"""

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from contributions.actions.discard_draft import discard_draft
from contributions.models import Draft
from hub.models import User

KEY = "draft"
# Anybody may post, so what a session keeps is bounded; a longer card is in the repository too.
MOST_BYTES = 100_000
# Secrets, and what the form's buttons ask for: no part of what was typed.
LEFT_OUT = ("csrfmiddlewaretoken", "save", "fetch", "more", "take", "preview")

View = Callable[..., HttpResponse]


def signed_in(back_to: Callable[[HttpRequest], str]) -> Callable[[View], View]:
    """Only for people with an account. `back_to` is the page that they see after signing in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, **kwargs: object) -> HttpResponse:
            if request.user.is_authenticated:
                return view(request, **kwargs)
            if request.headers.get("HX-Request"):
                # A fragment: a sign-in page in its place would wipe the form around it.
                return HttpResponse("You are signed out.", status=401)
            if request.method == "POST":
                keep(request)
            return redirect_to_login(back_to(request))

        return wrapped

    return decorate


def typed_in(request: HttpRequest) -> str:
    """What was posted, urlencoded, without secrets."""
    typed = request.POST.copy()
    for name in LEFT_OUT:
        typed.pop(name, None)
    return typed.urlencode()


def keep(request: HttpRequest, path: str = "") -> None:
    """What was posted, for the form at `path` (where it was posted to, unless it says another)."""
    text = typed_in(request)
    if len(text) <= MOST_BYTES:
        request.session[KEY] = {"path": path or request.get_full_path(), "typed": text}


def kept(request: HttpRequest, path: str) -> QueryDict | None:
    """What was typed at `path` and not sent: before signing in, else as the draft has it."""
    waiting = request.session.get(KEY)
    if waiting and waiting["path"] == path:
        return QueryDict(waiting["typed"])
    draft = draft_at(request, path)
    return QueryDict(draft.typed) if draft else None


def draft_at(request: HttpRequest, path: str) -> Draft | None:
    if not request.user.is_authenticated:
        return None
    return Draft.objects.filter(owner=request.user, path=path).first()


def forget(request: HttpRequest) -> None:
    """It was sent: neither session nor draft has to keep it any longer."""
    request.session.pop(KEY, None)
    if request.user.is_authenticated:
        discard_draft(owner=request.user, path=request.get_full_path())


@require_safe
@login_required
def draft_list(request: HttpRequest) -> HttpResponse:
    drafts = Draft.objects.filter(owner=cast(User, request.user)).defer("typed")
    return render(request, "contributions/drafts.html", {"drafts": drafts})


@require_POST
@login_required
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else's draft is not there."""
    draft = get_object_or_404(Draft, pk=pk, owner=cast(User, request.user))
    discard_draft(owner=draft.owner, path=draft.path)
    request.session.pop(KEY, None)
    messages.success(request, f"The draft “{draft}” is gone.")
    return redirect("draft_list")
