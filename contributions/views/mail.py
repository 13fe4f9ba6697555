"""How somebody hears by mail, and the way out that every mail carries."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contributions import mail
from contributions.actions.set_mail_pace import set_mail_pace
from contributions.models import MailPreference
from contributions.models.mail_preference import MailPace
from contributions.news_forms import MailForm
from hub.http import render_page
from hub.models import User


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_preference(request: HttpRequest) -> HttpResponse:
    person = cast(User, request.user)
    wish = MailPreference.objects.filter(person=person).first()
    form = MailForm(request.POST or None, initial={"pace": wish.pace if wish else MailPace.DIGEST})
    if request.method == "POST" and form.is_valid():
        set_mail_pace(person=person, pace=form.cleaned_data["pace"])
        messages.success(request, "Your choice was saved.")
        return redirect("mail_preference")
    context = {"form": form, "wish": wish, "sends": mail.is_sending()}
    status = 422 if form.is_bound else None
    return render_page(request, "contributions/mail_preference.html", context, status=status)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Without signing in: the signed token is the right to do just this (RFC 8058).

    Reading changes nothing, since mail programs and scanners open what they find in a mail.
    """
    person = get_object_or_404(User, pk=_known(token))
    if request.method == "POST":
        set_mail_pace(person=person, pace=MailPace.OFF)
    context = {"person": person, "stopped": request.method == "POST"}
    return render_page(request, "contributions/mail_stop.html", context)


def _known(token: str) -> int:
    person = mail.person_of(token)
    if person is None:
        raise Http404
    return person
