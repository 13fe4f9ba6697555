"""What a report leads to: the runs that it still lacks."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from evaluations.actions.request import request_runs
from evaluations.models import Recipe
from hub.models import Checkpoint, User
from hub.refusal import Refusal

MOST_RECIPES = 50


@login_required
@require_POST
def checkpoint_measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure a checkpoint under the recipes that another was measured under."""
    checkpoint = get_object_or_404(Checkpoint.objects.select_related("variant"), pk=pk)
    recipes = Recipe.objects.filter(digest__in=request.POST.getlist("recipe")[:MOST_RECIPES])
    try:
        runs = request_runs(
            actor=cast(User, request.user), checkpoint=checkpoint, recipes=list(recipes)
        )
    except Refusal as refusal:
        messages.warning(request, refusal.message)
        return redirect(checkpoint.variant)
    if not runs:
        messages.info(request, "All of that is measured or on its way already.")
        return redirect(checkpoint.variant)
    messages.success(request, "Asked for. The report has the numbers once this run has ended.")
    return redirect(runs[0])
