"""What people certify when they sign a version off."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    return render(request, "contributions/dco.html", {"section": "contributions"})
