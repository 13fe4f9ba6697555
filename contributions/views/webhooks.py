"""One's webhooks: make, change, try, look at what was sent, send again."""

from collections.abc import Callable
from typing import cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contributions.actions.create_webhook import create_webhook
from contributions.actions.edit_webhook import edit_webhook
from contributions.actions.redeliver import redeliver
from contributions.actions.switch_webhook import switch_webhook
from contributions.actions.try_webhook import try_webhook
from contributions.models import Delivery, Webhook
from contributions.news_forms import WebhookForm
from contributions.signing import secret_of
from hub.forms import show_refusal
from hub.http import render_page
from hub.keyset import BadCursor, Key, Sorting, paginate
from hub.listing import CURSOR, with_cursor
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

SORTING = Sorting(choices={"newest": Key("pk", descending=True)}, default="newest", tie="pk")
PAGE = 30


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_list(request: HttpRequest) -> HttpResponse:
    """One's webhooks, and the form for another. The answer to a POST shows its secret."""
    owner = cast(User, request.user)
    form = WebhookForm(request.POST or None)
    made: Webhook | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_webhook(owner=owner, wish=form.wish())
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            form = WebhookForm()
    context = {
        "webhooks": Webhook.objects.filter(owner=owner).order_by("-active", "-pk"),
        "form": form,
        "made": made,
        "secret": secret_of(made.salt) if made else "",
    }
    status = 422 if form.is_bound else None
    return render_page(request, "contributions/webhook_list.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What it hears of and what it was sent; changed by POST."""
    webhook = _own(request, pk)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm.of(webhook)
    if request.method == "POST" and form.is_valid():
        try:
            edit_webhook(actor=webhook.owner, webhook=webhook, wish=form.wish())
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The webhook was saved.")
            return redirect("webhook_detail", pk)
    rows = webhook.deliveries.select_related("event")
    try:
        page = paginate(rows, SORTING.keys(), cursor=request.GET.get(CURSOR, ""), size=PAGE)
    except BadCursor:
        page = paginate(rows, SORTING.keys(), size=PAGE)
    context = {
        "webhook": webhook,
        "form": form,
        "deliveries": page.rows,
        "next_url": with_cursor(request, page.next),
        "previous_url": with_cursor(request, page.previous),
    }
    status = 422 if form.is_bound else None
    return render_page(
        request, "contributions/webhook_detail.html", context, partial="log", status=status
    )


@never_cache
@login_required
@require_safe
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Shown to whoever has just given their password: an open laptop is not enough."""
    answer: HttpResponse = _show_secret(request, _own(request, pk))
    return answer


@reauthentication_required  # type: ignore[untyped-decorator]
def _show_secret(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret_of(webhook.salt)}
    return render_page(request, "contributions/webhook_secret.html", context)


@login_required
@require_POST
def webhook_switch(request: HttpRequest, pk: int) -> HttpResponse:
    webhook, on = _own(request, pk), request.POST.get("on") == "1"
    said = "It hears of everything again." if on else "It hears nothing more. Its log stays here."
    return _do(
        request, pk, lambda: switch_webhook(actor=webhook.owner, webhook=webhook, on=on), said
    )


@login_required
@require_POST
def webhook_try(request: HttpRequest, pk: int) -> HttpResponse:
    webhook = _own(request, pk)
    said = "A test is on its way; the log below will say what came of it."
    return _do(request, pk, lambda: try_webhook(actor=webhook.owner, webhook=webhook), said)


@login_required
@require_POST
def delivery_again(request: HttpRequest, pk: int) -> HttpResponse:
    own = Delivery.objects.filter(webhook__owner=cast(User, request.user))
    delivery = get_object_or_404(own.select_related("webhook__owner"), pk=pk)
    owner = delivery.webhook.owner
    said = f"Message {pk} is sent again."
    return _do(
        request, delivery.webhook_id, lambda: redeliver(actor=owner, delivery=delivery), said
    )


def _own(request: HttpRequest, pk: int) -> Webhook:
    owner = cast(User, request.user)
    return get_object_or_404(Webhook.objects.select_related("owner", "group"), pk=pk, owner=owner)


def _do(request: HttpRequest, pk: int, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except (Refusal, IllegalMove) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("webhook_detail", pk)
