"""Proposing something, and proposing it again after review: one page, one form, whatever the kind."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contributions import permissions, proposals
from contributions.actions.revert import undo
from contributions.actions.revise import revise
from contributions.actions.save_draft import save_draft
from contributions.actions.submit import submit
from contributions.forms import ProposalForm
from contributions.models import Check, Contribution, Draft
from contributions.models.check import FIRST
from contributions.proposals.protocol import Moved, Proposal
from contributions.views import drafts
from hub.http import render_page
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

TEMPLATE = "contributions/submit.html"
# Drafts beside the kinds; all of them have a page.
SHOWN = 5
signed_in = drafts.signed_in(back_to=lambda request: request.get_full_path())


@require_safe
def choose_kind(request: HttpRequest) -> HttpResponse:
    """What can be contributed."""
    kinds = [proposal for proposal in proposals.KINDS.values() if not proposal.needs_entry]
    begun = Draft.objects.none()
    if request.user.is_authenticated:
        begun = Draft.objects.filter(owner=request.user).defer("typed")[:SHOWN]
    context = {"kinds": kinds, "drafts": begun, "section": "contributions"}
    return render_page(request, "contributions/submit/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def submit_entry(request: HttpRequest, slug: str) -> HttpResponse:
    """Fetch, add a row, validate and submit are buttons of one form; nothing typed is lost."""
    proposal = named(slug)
    if request.method != "POST":
        try:
            return show(request, blank_form(request, proposal))
        except Refusal as refusal:
            messages.warning(request, refusal.message)
            return redirect("submit_choose")
    form = ProposalForm(proposal, request.POST)
    if (answer := assist(request, form)) is not None:
        return answer
    if form.is_valid():
        try:
            contribution = submit(
                author=cast(User, request.user),
                kind=proposal.kind,
                payload=form.payload(),
                reverts=reverted(request),
                **form.signed,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return sent(request, contribution, "Submitted. The checks have started.")
    return show(request, form, status=422)


def named(slug: str) -> Proposal:
    """The kind whose address this is. Raises Http404."""
    for proposal in proposals.KINDS.values():
        if proposal.slug == slug:
            return proposal
    raise Http404("There is no such kind of contribution.")


def blank_form(request: HttpRequest, proposal: Proposal) -> ProposalForm:
    """Empty, or as it was before signing in, or prepared by the link."""
    typed = drafts.kept(request, request.get_full_path())
    if typed is not None:
        return ProposalForm(proposal, typed).as_typed()
    if (before := reverted(request)) is not None and (undoing := undo(before)) is not None:
        return ProposalForm.prepared(proposal, undoing[1])
    return ProposalForm.prepared(proposal, proposal.prepare(request.GET.dict()))


def reverted(request: HttpRequest) -> Contribution | None:
    """What this takes back, as the address says: `?reverts=12`."""
    number = request.GET.get("reverts", "")
    return get_object_or_404(Contribution, pk=int(number)) if number.isdecimal() else None


@require_safe
def revert_entry(request: HttpRequest, number: int) -> HttpResponse:
    """Leads to the form of the contribution that would take this one back."""
    contribution = get_object_or_404(Contribution, pk=number)
    undoing = undo(contribution)
    if undoing is None:
        messages.warning(request, f"Nothing can take #{number} back.")
        return redirect(contribution)
    slug = proposals.get(undoing[0]).slug
    return redirect(f"{reverse('submit', args=[slug])}?reverts={number}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def revise_entry(request: HttpRequest, number: int) -> HttpResponse:
    contribution = get_object_or_404(Contribution, pk=number)
    if not permissions.is_author(request.user, contribution):
        raise PermissionDenied("Only its author revises a contribution.")
    if not contribution.is_live and request.method != "POST":
        messages.warning(request, f"It is {contribution.state}, so there is nothing to revise.")
        return redirect(contribution)
    if request.method != "POST":
        return show(request, newest_form(request, contribution), contribution=contribution)
    form: ProposalForm = ProposalForm(proposals.get(contribution.kind), request.POST)
    if (answer := assist(request, form, contribution=contribution)) is not None:
        return answer
    if form.is_valid() and add_version(request, contribution, form):
        done = f"Version {contribution.head} is in. Its checks have started."
        return sent(request, contribution, done)
    return show(request, form, status=422, contribution=contribution)


def newest_form(request: HttpRequest, contribution: Contribution) -> ProposalForm:
    """What stands now, or what was typed before signing in."""
    proposal = proposals.get(contribution.kind)
    typed = drafts.kept(request, request.get_full_path())
    if typed is not None:
        return ProposalForm(proposal, typed).as_typed()
    newest = contribution.versions.get(number=contribution.head)
    if moved := proposal.moved(newest):
        return ProposalForm.prepared(proposal, moved.payload)
    pinned = Check.objects.filter(version=newest, name=FIRST).values_list("findings", flat=True)
    found = pinned.first() or {}
    return ProposalForm.of_payload(proposal, newest.payload, pinned_card=found.get("card_text", ""))


def add_version(request: HttpRequest, contribution: Contribution, form: ProposalForm) -> bool:
    """Whether the revision was taken; if not, the form says why."""
    head = str(request.POST.get("head", ""))
    try:
        revise(
            actor=cast(User, request.user),
            contribution=contribution,
            payload=form.payload(),
            **form.signed,
            head=int(head) if head.isdecimal() else contribution.head,
        )
    except Refusal as refusal:
        form.refuse(refusal)
    except IllegalMove as refused:
        form.add_error(None, str(refused))
    else:
        return True
    # What was refused has moved nothing but this object.
    contribution.refresh_from_db()
    return False


def sent(request: HttpRequest, contribution: Contribution, done: str) -> HttpResponse:
    drafts.forget(request)
    messages.success(request, done)
    return redirect(contribution)


def assist(
    request: HttpRequest, form: ProposalForm, *, contribution: Contribution | None = None
) -> HttpResponse | None:
    """What the form's helping buttons ask for; None when it was really submitted."""
    if "save" in request.POST:
        return save(request, form, contribution)
    if "fetch" in request.POST and form.proposal.origin_kind:
        return fetch(request, form, contribution)
    if "more" in request.POST:
        more = form.with_another_row(str(request.POST["more"]))
        return show(request, more, contribution=contribution)
    if "take" in request.POST and contribution is not None:
        moved = moved_of(contribution)
        taken = form.with_theirs(moved, str(request.POST["take"])) if moved else form
        return show(request, taken, contribution=contribution)
    if "preview" in request.POST and form.proposal.preview_template:
        return preview(request, form, contribution)
    if "validate" in request.GET:
        form.is_valid()
        return show(request, form, contribution=contribution)
    return None


def save(
    request: HttpRequest, form: ProposalForm, contribution: Contribution | None
) -> HttpResponse:
    """Keep what is typed, as it is; htmx takes only the line that says so."""
    refused = ""
    try:
        save_draft(
            owner=cast(User, request.user),
            path=request.get_full_path(),
            title=form.draft_title if contribution is None else f"Revise {contribution}",
            typed=drafts.typed_in(request),
            contribution=contribution,
        )
    except Refusal as refusal:
        refused = refusal.message
    if request.headers.get("HX-Request"):
        context = {"draft": current_draft(request), "draft_refused": refused}
        context["here"] = request.get_full_path()
        return render(request, "contributions/submit/_draft.html", context)
    return show(request, form.as_typed(), contribution=contribution, draft_refused=refused)


def current_draft(request: HttpRequest) -> Draft | None:
    return drafts.draft_at(request, request.get_full_path())


def preview(
    request: HttpRequest, form: ProposalForm, contribution: Contribution | None
) -> HttpResponse:
    """The form with what its kind can show of it beforehand; or with what is wrong with it."""
    status, seen = 422, None
    if form.is_valid():
        try:
            seen = form.proposal.preview(form.proposal.clean(form.payload()))
            status = 200
        except Refusal as refusal:
            form.refuse(refusal)
    return show(request, form, status=status, contribution=contribution, preview=seen)


def fetch(
    request: HttpRequest, form: ProposalForm, contribution: Contribution | None
) -> HttpResponse:
    """The form with what the origin knows; or with what the origin said instead, at the repository."""
    asked = str(request.POST.get("repo_id", "")).strip()
    try:
        known = proposals.prefill(
            kind=form.proposal.kind, repo_id=asked, revision=form.asked_revision
        )
    except Refusal as refusal:
        return show(request, form.with_only(refusal), contribution=contribution, refused=refusal)
    filled = form.with_prefill(known)
    context: dict[str, Any] = {
        "fetched": known,
        "renamed": asked if asked.lower() != known.payload["repo_id"].lower() else "",
        "existing": None if contribution else form.proposal.existing(known.payload),
    }
    return show(request, filled, contribution=contribution, **context)


def moved_of(contribution: Contribution) -> Moved | None:
    """What others did to the base of its newest version; two or three queries for an edit."""
    newest = contribution.versions.get(number=contribution.head)
    return proposals.get(contribution.kind).moved(newest)


def show(
    request: HttpRequest, form: ProposalForm, *, status: int = 200, **context: object
) -> HttpResponse:
    contribution = cast(Contribution | None, context.get("contribution"))
    moved = moved_of(contribution) if contribution else None
    form.clashes = {clash.field: clash for clash in moved.clashes} if moved else {}
    context |= {
        "form": form,
        "moved": moved,
        # A draft from before the move still stands on the old base.
        "is_rebased": moved is not None
        and str(form["based_on"].value()) == str(moved.payload["based_on"]),
        "proposal": form.proposal,
        "section": "contributions",
        "here": request.get_full_path(),
        "draft": current_draft(request),
        "validate_url": f"{request.path}?validate=1",
    }
    return render_page(request, TEMPLATE, context, partial="form", status=status)
