"""Answers that a newer scorer judges again: asked for by a maintainer, watched and read by everybody."""

import hashlib
import json
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from evaluations.actions.cancel_rescoring import cancel_rescoring
from evaluations.actions.request_rescoring import request_rescoring
from evaluations.filters import RESCORING_SORTING, RescoringFilter
from evaluations.models import Recipe, Rescoring
from evaluations.permissions import may_rescore
from evaluations.rescored import MOST_TOLD
from evaluations.rescoring import RESCORINGS
from hub.http import render_page
from hub.listing import read_list
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove


@require_safe
def rescoring_list(request: HttpRequest) -> HttpResponse:
    listing = read_list(
        request, RESCORINGS.defer("report"), filters=RescoringFilter, sorting=RESCORING_SORTING
    )
    context = {"section": "runs", "listing": listing, "states": list(Rescoring.MOVES)}
    return render_page(request, "evaluations/rescoring_list.html", context, partial="results")


@require_safe
def rescoring_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that asks for its middle every two seconds while it is judged, and then no more."""
    rescoring = get_object_or_404(RESCORINGS, pk=pk)
    seen = _seen(rescoring)
    if request.htmx and request.GET.get("seen") == seen:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    live = rescoring.state in Rescoring.live_states()
    context = {
        "section": "runs",
        "rescoring": rescoring,
        "old": rescoring.from_recipe,
        "new": rescoring.to_recipe,
        "version": rescoring.to_recipe.benchmark_version,
        "lower_is_better": not rescoring.to_recipe.benchmark_version.higher_is_better,
        "report": rescoring.report,
        "most": MOST_TOLD,
        "live": live,
        "seen": seen,
        "may_cancel": live and may_rescore(request.user),
    }
    return render_page(request, "evaluations/rescoring_detail.html", context, partial="live")


@login_required
@require_POST
def recipe_rescore(request: HttpRequest, digest: str) -> HttpResponse:
    recipe = get_object_or_404(
        Recipe.objects.select_related("benchmark_version__benchmark"), digest=digest
    )
    person, why = cast(User, request.user), request.POST.get("why", "")[:2000]
    try:
        asked = request_rescoring(actor=person, recipe=recipe, why=why)
    except Refusal as refusal:
        messages.warning(request, refusal.message)
        return redirect(recipe)
    messages.success(request, "Asked for. What was answered will be judged again, score by score.")
    return redirect(asked)


@login_required
@require_POST
def rescoring_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    rescoring = get_object_or_404(Rescoring, pk=pk)
    try:
        cancel_rescoring(actor=cast(User, request.user), rescoring=rescoring)
    except IllegalMove as error:
        messages.warning(request, f"{error} Nothing was changed.")
    else:
        messages.success(request, "It will stop. The boards are as they were.")
    return redirect(rescoring)


def _seen(rescoring: Rescoring) -> str:
    """Changes whenever the page's middle would."""
    told = [rescoring.state, rescoring.attempt, rescoring.done, rescoring.report]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
