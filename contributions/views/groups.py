"""Working groups: who looks after what, and what a merge of their contributions needs."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from contributions import permissions
from contributions.actions.add_scope import add_scope
from contributions.actions.remove_scope import remove_scope
from contributions.actions.set_policy import set_policy
from contributions.group_forms import PolicyForm, ScopeForm
from contributions.groups import listed_groups, read_group
from contributions.views import drafts
from hub.models import Scope, User, WorkingGroup
from hub.refusal import Refusal


@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    context = {"section": "contributions", "groups": listed_groups()}
    return render(request, "contributions/group_list.html", context)


@require_safe
def group_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return show(request, get_object_or_404(WorkingGroup, slug=slug))


def show(
    request: HttpRequest,
    group: WorkingGroup,
    *,
    status: int = 200,
    scope_form: ScopeForm | None = None,
    policy_form: PolicyForm | None = None,
) -> HttpResponse:
    """The page; a form that was refused comes with its errors and what was typed."""
    policy = {"approvals": group.approvals, "required_checks": group.required_checks}
    context = {
        "section": "contributions",
        "page": read_group(group),
        "may_run": permissions.may_run_groups(request.user),
        "scope_form": scope_form or ScopeForm(),
        "policy_form": policy_form or PolicyForm(initial=policy),
    }
    return render(request, "contributions/group_detail.html", context, status=status)


def on_group(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """By POST, for those who run the groups."""

    @require_POST
    @drafts.signed_in(back_to=lambda request: request.path.rsplit("/", 2)[0] + "/")
    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, **kwargs: object) -> HttpResponse:
        group = get_object_or_404(WorkingGroup, slug=slug)
        if not permissions.may_run_groups(request.user):
            raise PermissionDenied("Maintainers of the hub run the working groups.")
        return view(request, group, **kwargs)

    return wrapped


@on_group
def scope_add(request: HttpRequest, group: WorkingGroup) -> HttpResponse:
    form = ScopeForm(request.POST)
    form.full_clean()
    given = form.cleaned_data
    person = User.objects.filter(username__iexact=given.get("person", "").strip()).first()
    if person is None:
        form.add_error("person", "Nobody here has that name.")
    if form.errors or person is None:
        return show(request, group, status=422, scope_form=form)
    try:
        scope = add_scope(
            actor=cast(User, request.user),
            group=group,
            person=person,
            role=given["role"],
            kinds=given["kinds"],
            owner=given["owner"],
        )
    except Refusal as refusal:
        tell(form, refusal)
        return show(request, group, status=422, scope_form=form)
    messages.success(request, f"{person.username} is {scope.role} of {scope.what} now.")
    return redirect(permissions.group_url(group))


@on_group
def scope_remove(request: HttpRequest, group: WorkingGroup, pk: int) -> HttpResponse:
    scope = get_object_or_404(Scope.objects.select_related("person", "group"), group=group, pk=pk)
    remove_scope(actor=cast(User, request.user), scope=scope)
    messages.success(request, f"{scope.person.username} does not look after {scope.what} any more.")
    return redirect(permissions.group_url(group))


@on_group
def policy_set(request: HttpRequest, group: WorkingGroup) -> HttpResponse:
    form = PolicyForm(request.POST)
    form.full_clean()
    if form.errors:
        return show(request, group, status=422, policy_form=form)
    try:
        set_policy(
            actor=cast(User, request.user),
            group=group,
            approvals=form.cleaned_data["approvals"] or 0,
            required_checks=form.cleaned_data["required_checks"],
        )
    except Refusal as refusal:
        tell(form, refusal)
        return show(request, group, status=422, policy_form=form)
    messages.success(request, f"{group.name} has a new policy, also for what is open.")
    return redirect(permissions.group_url(group))


def tell(form: ScopeForm | PolicyForm, refusal: Refusal) -> None:
    for name, errors in refusal.fields.items():
        for error in errors:
            form.add_error(name if name in form.fields else None, error)
