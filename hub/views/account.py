"""One's own profile and API tokens. Password, e-mail and second factor are allauth's pages."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hub.actions.create_token import create_token
from hub.actions.revoke_token import revoke_token
from hub.actions.update_profile import update_profile
from hub.forms import ProfileForm, TokenForm, show_refusal
from hub.http import render_page
from hub.models import Token, User
from hub.refusal import Refusal


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    """The profile; saved by POST."""
    actor = cast(User, request.user)
    form = ProfileForm(request.POST or None, instance=actor)
    if request.method == "POST" and form.is_valid():
        update_profile(actor=actor, **form.cleaned_data)
        messages.success(request, "Your profile was saved.")
        return redirect("account_settings")
    return _page(request, profile=form)


@never_cache
@login_required
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """Make a token. The answer to this POST is the only place that ever shows the secret."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, secret = create_token(user=cast(User, request.user), **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            return _page(request, new_token=token, secret=secret)
    return _page(request, tokens_form=form, status=422)


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of one's tokens."""
    actor = cast(User, request.user)
    token = get_object_or_404(Token, pk=pk, user=actor)
    revoke_token(actor=actor, token=token)
    messages.success(request, f"The token “{token.name}” works no more.")
    return redirect("account_settings")


def _page(
    request: HttpRequest,
    *,
    profile: ProfileForm | None = None,
    tokens_form: TokenForm | None = None,
    new_token: Token | None = None,
    secret: str = "",
    status: int | None = None,
) -> HttpResponse:
    actor = cast(User, request.user)
    if profile is not None and profile.is_bound:
        status = 422
    context = {
        "profile": profile or ProfileForm(instance=actor),
        "token_form": tokens_form or TokenForm(),
        "tokens": Token.objects.filter(user=actor, revoked_at=None),
        "new_token": new_token,
        "secret": secret,
    }
    return render_page(request, "hub/account_settings.html", context, status=status)
