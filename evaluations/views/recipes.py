"""A recipe: everything that fixes a number, and where it is used."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evaluations.certainty import words_of
from evaluations.models import Recipe, Rescoring
from evaluations.permissions import may_rescore
from evaluations.rescoring import newer_scorer
from evaluations.resolution import followed_by, resolution_of
from hub.http import render_page

NEWEST = 10


@require_safe
def recipe_detail(request: HttpRequest, digest: str) -> HttpResponse:
    recipe = get_object_or_404(
        Recipe.objects.select_related("benchmark_version__benchmark").annotate(
            measured=Count("scores__checkpoint_digest", distinct=True)
        ),
        digest=digest,
    )
    scores = recipe.scores.select_related("checkpoint__variant").defer("checkpoint__files")
    context = {
        "section": "boards",
        "recipe": recipe,
        "version": recipe.benchmark_version,
        "facts": recipe.facts(),
        "columns": recipe.columns.select_related("board").order_by("board__title"),
        "scores": [
            {"score": score, "certainty": words_of(score, recipe.benchmark_version)}
            for score in scores.filter(metric=recipe.benchmark_version.metric)[:NEWEST]
        ],
        "preset": followed_by(recipe),
        "resolution": resolution_of([recipe]).get(recipe.pk),
        "newer": newer_scorer(recipe),
        "may_rescore": may_rescore(request.user),
        "rescorings": Rescoring.objects.filter(Q(from_recipe=recipe) | Q(to_recipe=recipe))
        .select_related("from_recipe", "to_recipe")
        .defer("report")[:NEWEST],
        "siblings": recipe.benchmark_version.recipes.exclude(pk=recipe.pk),
    }
    return render_page(request, "evaluations/recipe_detail.html", context)
