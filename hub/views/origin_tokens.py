"""One's tokens for gated repositories: lend one, see which are used or refused, take one back."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hub.actions.add_origin_token import add_origin_token
from hub.actions.remove_origin_token import remove_origin_token
from hub.forms import OriginTokenForm, show_refusal
from hub.http import render_page
from hub.models import OriginToken, User
from hub.refusal import Refusal


@sensitive_post_parameters("secret")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def origin_token_list(request: HttpRequest) -> HttpResponse:
    """One's lent tokens, and the form for another."""
    person = cast(User, request.user)
    form = OriginTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token = add_origin_token(person=person, **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"The token “{token.label}” is kept, encrypted.")
            return redirect("origin_token_list")
    context = {
        "tokens": OriginToken.objects.filter(person=person),
        "form": form,
        "origin": settings.HF_ENDPOINT,
    }
    status = 422 if form.is_bound else None
    return render_page(request, "hub/origin_token_list.html", context, status=status)


@login_required
@require_POST
def origin_token_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one of one's tokens back."""
    actor = cast(User, request.user)
    token = get_object_or_404(OriginToken, pk=pk, person=actor)
    remove_origin_token(actor=actor, token=token)
    messages.success(request, f"The token “{token.label}” was deleted.")
    return redirect("origin_token_list")
