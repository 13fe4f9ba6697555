"""Threads about a field or a line: a page each to open one and to read one; moves go back to the talk."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contributions import permissions
from contributions.actions.answer_thread import answer_thread
from contributions.actions.open_thread import open_thread
from contributions.actions.reopen_thread import reopen_thread
from contributions.actions.resolve_thread import resolve_thread
from contributions.linking import read_links
from contributions.models import Contribution, Thread
from contributions.move_forms import SayForm
from contributions.threads import read_place, read_threads
from contributions.views import drafts
from contributions.views.moves import STATUS, attempt, head_of, on_contribution, person, text_of
from hub.http import render_page
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove

signed_in = drafts.signed_in(back_to=lambda request: request.get_full_path())
ERRORS = (Refusal, IllegalMove, PermissionDenied)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def thread_open(request: HttpRequest, number: int) -> HttpResponse:
    """The field with its lines to choose from, and a box for what there is to say about it."""
    contribution = get_object_or_404(Contribution, pk=number)
    place = read_place(contribution, request.GET.get("field", ""), request.GET.get("line", ""))
    if place is None:
        raise Http404("The newest version has no such field or line.")
    status, form = 200, typed_before(request, request.path)
    if request.method == "POST":
        form = say_form(request)
        try:
            thread = open_thread(
                author=cast(User, request.user),
                contribution=contribution,
                head=head_of(request),
                field=place.field,
                line=place.line,
                body=text_of(form, "body"),
            )
        except ERRORS as refused:
            status = told(form, refused)
        else:
            drafts.forget(request)
            if not request.headers.get("HX-Request"):
                messages.success(request, "The thread is open.")
            return redirect(address_of(thread))
    context = {
        "contribution": contribution,
        "place": place,
        "form": form,
        "section": "contributions",
    }
    return render_page(
        request, "contributions/thread_open.html", context, partial="form", status=status
    )


@require_safe
def thread_detail(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """A thread by itself, with a box to answer."""
    thread = in_hand(number, pk)
    path = reverse("thread_answer", args=[number, pk])
    return show_thread(request, thread, form=typed_before(request, path))


@on_contribution
def thread_answer(request: HttpRequest, contribution: Contribution, pk: int) -> HttpResponse:
    thread, form = in_hand(contribution.pk, pk), say_form(request)
    try:
        answer_thread(author=person(request), thread=thread, body=text_of(form, "body"))
    except ERRORS as refused:
        return show_thread(request, thread, form=form, status=told(form, refused))
    drafts.forget(request)
    return redirect(address_of(thread))


def show_thread(
    request: HttpRequest, thread: Thread, *, form: SayForm, status: int = 200
) -> HttpResponse:
    contribution = thread.contribution
    newest = contribution.versions.get(number=contribution.head)
    shown = next(one for one in read_threads(contribution, newest) if one.thread == thread)
    context = {
        "contribution": contribution,
        "shown": shown,
        "links": read_links([one.body for one in shown.comments]),
        "form": form,
        "may_comment": permissions.may_comment(request.user),
        "may_settle": permissions.settles(request.user, thread),
        "section": "contributions",
    }
    return render_page(request, "contributions/thread.html", context, status=status)


@on_contribution
def thread_resolve(request: HttpRequest, contribution: Contribution, pk: int) -> HttpResponse:
    thread = in_hand(contribution.pk, pk)
    return attempt(
        request,
        contribution,
        lambda: resolve_thread(actor=person(request), thread=thread),
        done="Resolved.",
        back_to=address_of(thread),
    )


@on_contribution
def thread_reopen(request: HttpRequest, contribution: Contribution, pk: int) -> HttpResponse:
    thread = in_hand(contribution.pk, pk)
    return attempt(
        request,
        contribution,
        lambda: reopen_thread(actor=person(request), thread=thread),
        done="Open again.",
        back_to=address_of(thread),
    )


def in_hand(number: int, pk: int) -> Thread:
    threads = Thread.objects.select_related("contribution__author")
    return get_object_or_404(threads, contribution=number, pk=pk)


def address_of(thread: Thread) -> str:
    """Where it stands in the conversation."""
    page = thread.contribution.get_absolute_url()
    return f"{page}?at=thread-{thread.pk}#thread-{thread.pk}"


def say_form(request: HttpRequest) -> SayForm:
    form = SayForm(request.POST)
    form.fields["body"].help_text = "Markdown."
    return form


def typed_before(request: HttpRequest, path: str) -> SayForm:
    """Empty, or with what was typed before signing in."""
    kept = drafts.kept(request, path)
    form = SayForm(initial=kept.dict() if kept else None)
    form.fields["body"].help_text = "Markdown."
    return form


def told(form: SayForm, refused: Exception) -> int:
    """The reason beside the text; answers with its status."""
    form.add_error("body", str(refused))
    return next(code for kind, code in STATUS.items() if isinstance(refused, kind))
