"""Proposing an entry, and proposing it again after review: one page, one form."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from contributions import permissions, proposals
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.forms import FORMS, ProposalForm
from contributions.models import Contribution
from hub.http import render_page
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

TEMPLATE = "contributions/submit.html"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def submit_entry(request: HttpRequest, kind: str) -> HttpResponse:
    """Fetch, add a row, validate and submit are buttons of one form; nothing typed is lost."""
    if request.method != "POST":
        form = FORMS[kind](initial={"repo_id": request.GET.get("repo_id", "")})
        return show(request, form)
    form = FORMS[kind](request.POST)
    if (answer := assist(request, form)) is not None:
        return answer
    if form.is_valid():
        author = cast(User, request.user)
        note = form.cleaned_data["note"]
        try:
            contribution = submit(author=author, kind=kind, payload=form.payload(), note=note)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Submitted. The checks have started.")
            return redirect(contribution)
    return show(request, form, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revise_entry(request: HttpRequest, number: int) -> HttpResponse:
    contribution = get_object_or_404(Contribution, pk=number)
    if not permissions.may_revise(request.user, contribution):
        raise PermissionDenied("Its author revises a contribution, while it is open.")
    form_class = FORMS[contribution.kind]
    if request.method != "POST":
        newest = contribution.versions.get(number=contribution.head)
        return show(request, form_class.of_payload(newest.payload), contribution=contribution)
    form = form_class(request.POST)
    if (answer := assist(request, form, contribution=contribution)) is not None:
        return answer
    if form.is_valid() and add_version(request, contribution, form):
        return redirect(contribution)
    return show(request, form, status=422, contribution=contribution)


def add_version(request: HttpRequest, contribution: Contribution, form: ProposalForm) -> bool:
    """Whether the revision was taken; if not, the form says why."""
    head = str(request.POST.get("head", ""))
    try:
        revise(
            actor=cast(User, request.user),
            contribution=contribution,
            payload=form.payload(),
            note=form.cleaned_data["note"],
            head=int(head) if head.isdecimal() else contribution.head,
        )
    except Refusal as refusal:
        form.refuse(refusal)
    except IllegalMove as refused:
        form.add_error(None, str(refused))
    else:
        messages.success(request, f"Version {contribution.head} is in. Its checks have started.")
        return True
    return False


def assist(
    request: HttpRequest, form: ProposalForm, *, contribution: Contribution | None = None
) -> HttpResponse | None:
    """What the form's helping buttons ask for; None when it was really submitted."""
    if "fetch" in request.POST:
        return fetch(request, form, contribution)
    if "more" in request.POST:
        return show(request, form.with_another_parent(), contribution=contribution)
    if "validate" in request.GET:
        form.is_valid()
        return show(request, form, contribution=contribution)
    return None


def fetch(
    request: HttpRequest, form: ProposalForm, contribution: Contribution | None
) -> HttpResponse:
    repo_id, revision = request.POST.get("repo_id", ""), request.POST.get("revision", "")
    # A revision that came with another repository means nothing in this one.
    if request.POST.get("source") not in {"", repo_id}:
        revision = ""
    try:
        known = proposals.prefill(kind=form.kind, repo_id=repo_id, revision=revision)
    except Refusal as refusal:
        blank = type(form)(initial={**form.data.dict(), "edges": edges_of(form)})
        return show(request, blank, contribution=contribution, refused=refusal)
    filled = form.with_prefill(known)
    return show(request, filled, contribution=contribution, notes=known.notes)


def edges_of(form: ProposalForm) -> list[dict[str, object]]:
    return form.edges.payload()[0] if form.edges is not None else []


def show(
    request: HttpRequest, form: ProposalForm, *, status: int = 200, **context: object
) -> HttpResponse:
    context |= {
        "form": form,
        "proposal": proposals.get(form.kind),
        "section": "contributions",
        "validate_url": f"{request.path}?validate=1",
    }
    return render_page(request, TEMPLATE, context, partial="fields", status=status)
