"""For maintainers: held texts, reports, and what people with rights did. One's own text and report too."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contributions import permissions
from contributions.actions.decide_report import decide_report
from contributions.actions.refuse_text import refuse_text
from contributions.actions.release_text import release_text
from contributions.actions.report_abuse import report_abuse
from contributions.models import Comment, Contribution
from contributions.moderation import AUDIT, HOLDS, NEWEST, REPORTS, SHOWN, AuditFilter
from contributions.move_forms import AnswerForm, ReasonForm
from hub.http import render_page
from hub.listing import read_list
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

View = Callable[..., HttpResponse]


def for_maintainers(view: View) -> View:
    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if not permissions.moderates(request.user):
            raise PermissionDenied("Only maintainers come here.")
        return view(request, **kwargs)

    return cast(View, wrapped)


@require_safe
@for_maintainers
def moderation(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first: two queries, however much it is."""
    context = {
        "section": "contributions",
        "holds": HOLDS.filter(state="held")[:SHOWN],
        "reports": REPORTS.filter(state="open").order_by("pk")[:SHOWN],
    }
    return render_page(request, "contributions/moderation/queue.html", context)


@require_safe
@for_maintainers
def audit_log(request: HttpRequest) -> HttpResponse:
    listing = read_list(request, AUDIT, filters=AuditFilter, sorting=NEWEST)
    context = {"section": "contributions", "listing": listing}
    return render_page(request, "contributions/moderation/audit.html", context, partial="results")


@require_safe
@login_required
def hold_detail(request: HttpRequest, pk: int) -> HttpResponse:
    hold = get_object_or_404(HOLDS, pk=pk)
    if not permissions.may_read_hold(request.user, hold):
        raise PermissionDenied("Its author and maintainers read a held text.")
    context = {
        "section": "contributions",
        "hold": hold,
        "moderates": permissions.moderates(request.user),
    }
    return render_page(request, "contributions/moderation/hold.html", context)


@require_POST
@for_maintainers
def hold_release(request: HttpRequest, pk: int) -> HttpResponse:
    hold = get_object_or_404(HOLDS, pk=pk)
    return _act(request, lambda: release_text(actor=_person(request), hold=hold), "Released.")


@require_POST
@for_maintainers
def hold_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    hold, why = get_object_or_404(HOLDS, pk=pk), request.POST.get("why", "")
    return _act(
        request, lambda: refuse_text(actor=_person(request), hold=hold, why=why), "Refused."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """`?comment=12`, `?contribution=3` or `?person=name`: what is wrong with it."""
    about = _reported(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        form.full_clean()
        try:
            made = report_abuse(
                reporter=_person(request), why=form.cleaned_data.get("why", ""), **about
            )
        except Refusal as refusal:
            form.add_error("why", refusal.message)
            status = 422
        else:
            messages.success(request, "Maintainers will look at it and answer here.")
            return redirect(made)
    context = {"section": "contributions", "form": form, **about}
    return render_page(request, "contributions/moderation/report.html", context, status=status)


@require_safe
@login_required
def abuse_report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report, for whoever wrote it and maintainers."""
    found = get_object_or_404(REPORTS, pk=pk)
    moderates = permissions.moderates(request.user)
    if found.reporter != request.user and not moderates:
        raise PermissionDenied("Whoever reported something and maintainers read a report.")
    context = {
        "section": "contributions",
        "report": found,
        "may_decide": moderates and found.state == "open" and found.accused != request.user,
        "form": AnswerForm(),
    }
    return render_page(request, "contributions/moderation/report_detail.html", context)


@require_POST
@for_maintainers
def report_decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(REPORTS, pk=pk)
    outcome, answer = request.POST.get("outcome", ""), request.POST.get("answer", "")
    return _act(
        request,
        lambda: decide_report(actor=_person(request), report=found, outcome=outcome, answer=answer),
        "Answered.",
        back_to=found.get_absolute_url(),
    )


def _reported(request: HttpRequest) -> dict[str, Any]:
    query = request.GET
    number = {
        name: int(text)
        for name in ("comment", "contribution")
        if (text := query.get(name, "")).isdecimal() and len(text) < 19
    }
    if "comment" in number:
        return {"comment": get_object_or_404(Comment, pk=number["comment"])}
    if "contribution" in number:
        return {"contribution": get_object_or_404(Contribution, pk=number["contribution"])}
    return {"person": get_object_or_404(User, username=query.get("person", ""))}


def _act(
    request: HttpRequest, act: Callable[[], object], done: str, *, back_to: str = "moderation"
) -> HttpResponse:
    try:
        act()
    except (Refusal, IllegalMove) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, done)
    return redirect(back_to)


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
