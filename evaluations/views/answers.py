"""What a score is made of: its samples, one of them, and each beside another score's."""

from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from evaluations.answers.browsing import SCORES, Query, browse, comparable, one_sample
from evaluations.answers.listing import NotComparable
from evaluations.models import Score
from evaluations.permissions import may_see_answers
from evaluations.references import parent_of
from evaluations.views.answer_text import ANSWER_WORDS, outcome_shown
from hub.http import render_page

# Others that one may choose to compare with; a link may name any.
OTHERS = 50


@require_safe
def score_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of samples; what it costs does not depend on how many there are."""
    score = get_object_or_404(SCORES, pk=pk)
    version = score.recipe.benchmark_version
    is_open = may_see_answers(request.user, version)
    browsed = browse(score, Query.of(request.GET.dict()), open_answers=is_open)
    query = browsed.query
    context = {
        "section": "runs",
        "score": score,
        "version": version,
        "browsed": browsed,
        "lines": [{"line": line, **outcome_shown(line, version)} for line in browsed.lines],
        "closed": not is_open,
        "rescored": score.rescores.order_by("-pk").first(),
        "choices": _choices(browsed.score, browsed.against),
        "shows": [
            {
                "name": name,
                "words": words,
                "count": browsed.listing.counts[name],
                "url": query.address(show=name),
                "is_on": query.show == name,
            }
            for name, words in ANSWER_WORDS.items()
            if browsed.listing.counts.get(name) is not None
            and (name != "partly" or browsed.listing.counts[name])
        ],
        "last": browsed.page.first + len(browsed.page.indices) - 1,
        "total": browsed.listing.counts.get(query.show, 0),
    }
    return render_page(request, "evaluations/answers.html", context, partial="results")


@require_safe
def score_answer(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """One sample at length, under every seed; `?against=` sets another score's answer beside it."""
    score = get_object_or_404(SCORES, pk=pk)
    version = score.recipe.benchmark_version
    is_open = may_see_answers(request.user, version)
    query = Query.of(request.GET.dict())
    against = comparable(score).filter(pk=query.against).first() if query.against else None
    try:
        lines = one_sample(score, index, against, open_answers=is_open)
    except NotComparable:
        against = None
        lines = one_sample(score, index, None, open_answers=is_open)
    except IndexError:
        raise Http404("There is no such sample.") from None
    context = {
        "section": "runs",
        "score": score,
        "version": version,
        "index": index,
        "against": against,
        "lines": [{"line": line, **outcome_shown(line, version)} for line in lines],
        "closed": not is_open,
        "query": f"?against={against.pk}" if against else "",
    }
    return render_page(request, "evaluations/answers_one.html", context)


def _choices(score: Score, against: Score | None) -> list[dict[str, Any]]:
    """The parent first, then the newest; and whichever is chosen now."""
    parent = parent_of(score.checkpoint.variant)
    digest = parent.checkpoint.digest if parent and parent.checkpoint else ""
    newest = comparable(score).order_by(F("pk").desc())
    parents = list(newest.filter(checkpoint_digest=digest)[:1]) if digest else []
    found = {
        each.pk: each for each in [*parents, *newest[:OTHERS], *([against] if against else [])]
    }
    return [
        {
            "score": each,
            "is_parent": bool(digest) and each.checkpoint_digest == digest,
            "is_on": against is not None and each.pk == against.pk,
        }
        for each in found.values()
    ]
