"""A page, or the piece of it that htmx asked for: decided in one place."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Render `template`, or only its `partial` when htmx asks for a fragment.

    Boosted links and history restores also carry `HX-Request` but need the whole page. All three
    headers stand in `Vary`, so that no cache hands a fragment to a browser that wants a page.
    """
    htmx = cast(HtmxDetails, getattr(request, "htmx", HtmxDetails(request)))
    wants_piece = bool(htmx) and not htmx.boosted and not htmx.history_restore_request
    name = f"{template}#{partial}" if partial and wants_piece else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response
