"""What people write: how it will look, saying it in other words, and what it said before."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contributions import permissions
from contributions.actions._limits import BODY_LENGTH
from contributions.actions.edit_comment import edit_comment
from contributions.history import read_history
from contributions.linking import read_links
from contributions.models import Comment
from contributions.move_forms import SayForm
from contributions.views import drafts
from hub.http import render_page
from hub.models import User
from hub.refusal import Refusal

signed_in = drafts.signed_in(back_to=lambda request: local(request.GET.get("page", "/")))


def local(path: str) -> str:
    """`path` if it leads somewhere on this site, else the front page."""
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if safe else "/"


@require_POST
@signed_in
def preview(request: HttpRequest) -> HttpResponse:
    """The text of the field that `look` names, as it will be shown.

    To htmx the text alone. Otherwise the page of the form again, with all that was typed and the
    preview: what was typed waits in the session under `form`, the address that the form posts to.
    """
    name = str(request.POST.get("look", ""))
    text = str(request.POST.get(name, ""))[:BODY_LENGTH]
    if request.headers.get("HX-Request"):
        context = {"text": text, "links": read_links([text])}
        return render(request, "contributions/_preview.html", context)
    drafts.keep(request, local(request.GET.get("form", "/")))
    return redirect(local(request.GET.get("page", "/")))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def comment_edit(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    comment = in_hand(number, pk)
    if not permissions.may_edit(request.user, comment):
        raise PermissionDenied("People edit their own comments.")
    typed = drafts.kept(request, request.path)
    form = SayForm(initial=typed.dict() if typed else {"body": comment.body})
    form.fields["body"].help_text = "Markdown. What it said before stays readable."
    status = 200
    if request.method == "POST":
        form = SayForm(request.POST)
        form.full_clean()
        body = str(form.cleaned_data.get("body", ""))
        try:
            edit_comment(actor=cast(User, request.user), comment=comment, body=body)
        except Refusal as refusal:
            form.add_error("body", refusal.message)
            status = 422
        else:
            drafts.forget(request)
            messages.success(request, "Your comment says it in these words now.")
            return redirect(place_of(comment))
    context = {
        "section": "contributions",
        "comment": comment,
        "contribution": comment.contribution,
        "form": form,
        "looked": read_links([str(typed["body"])]) if typed and "look" in typed else None,
    }
    return render_page(request, "contributions/comment_edit.html", context, status=status)


@require_safe
def comment_history(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """What a comment said before, newest edit first, each with the words that it changed."""
    comment = in_hand(number, pk)
    context = {
        "section": "contributions",
        "comment": comment,
        "contribution": comment.contribution,
        "history": read_history(comment, cursor=request.GET.get("cursor", "")),
    }
    return render_page(request, "contributions/comment_history.html", context)


def in_hand(number: int, pk: int) -> Comment:
    comments = Comment.objects.select_related("author", "contribution__author")
    return get_object_or_404(comments, contribution=number, pk=pk)


def place_of(comment: Comment) -> str:
    """Where it stands in the conversation, also in a long one."""
    url = reverse("contribution_detail", args=[comment.contribution_id])
    return f"{url}?at=comment-{comment.pk}#comment-{comment.pk}"
