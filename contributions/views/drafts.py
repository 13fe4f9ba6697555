"""Signing in again without losing what was typed.

Who posts a form after their session has ended is sent to sign in; the text waits in the session, which
signing in keeps, and stands in the form when they come back.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict

KEY = "draft"
# Anybody may post, so it is bounded; a longer card is in the repository too.
MOST_BYTES = 100_000
SECRETS = ("csrfmiddlewaretoken",)

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


def keep(request: HttpRequest) -> None:
    typed = request.POST.copy()
    for name in SECRETS:
        typed.pop(name, None)
    text = typed.urlencode()
    if len(text) <= MOST_BYTES:
        request.session[KEY] = {"path": request.path, "typed": text}


def kept(request: HttpRequest, path: str) -> QueryDict | None:
    """What was typed at `path` before signing in. It stays until something is sent from there."""
    draft = request.session.get(KEY)
    return QueryDict(draft["typed"]) if draft and draft["path"] == path else None


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
