"""The public queue, and one run: where it stands, how far it is, why it failed and whose turn it is."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from evaluations import runs
from evaluations.actions.cancel import cancel_run
from evaluations.actions.request_replication import request_replication
from evaluations.actions.retry import RETRIABLE, retry_run
from evaluations.disputes import standing_against_run
from evaluations.models import Recipe, Replication, Run, Score
from evaluations.models.run import Purpose
from evaluations.permissions import may_cancel_run, may_replicate, may_retry_run
from hub import panels
from hub.http import render_page
from hub.keyset import BadCursor, Key, paginate
from hub.refusal import Refusal
from hub.state import IllegalMove

# More than these are told as a number.
WAITING_SHOWN = 50
ENDED_SHOWN = 20


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """What is measured now, what waits in which order, what ended; nine queries however many runs."""
    waiting = list(_listed().due()[: WAITING_SHOWN + 1])
    ended = _listed().filter(state__in=Run.terminal_states())
    keys = (Key("pk", descending=True),)
    try:
        page = paginate(ended, keys, cursor=request.GET.get("cursor", ""), size=ENDED_SHOWN)
    except BadCursor:
        page = paginate(ended, keys, size=ENDED_SHOWN)
    context = {
        "section": "runs",
        "working": _listed().filter(state__in=Run.HELD_STATES).order_by("started_at"),
        "waiting": waiting[:WAITING_SHOWN],
        "waiting_count": Run.objects.filter(state="queued").count(),
        "held_back": _listed().filter(state="queued", not_before__gt=timezone.now())[:ENDED_SHOWN],
        "oldest": Run.objects.filter(state="queued").order_by("requested_at").first(),
        "ended": page.rows,
        "next_url": page.next and f"?cursor={page.next}",
        "previous_url": page.previous and f"?cursor={page.previous}",
    }
    return render_page(request, "evaluations/run_list.html", context, partial="queue")


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that asks for its middle every two seconds while the run lives, and then no more."""
    run = get_object_or_404(_listed().prefetch_related("events__actor"), pk=pk)
    seen = _seen(run)
    if request.htmx and request.GET.get("seen") == seen:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    live = run.state in Run.live_states()
    stages = runs.stages_of(run, list(run.events.all()))
    context = {
        "section": "runs",
        "run": run,
        "disputes": standing_against_run(run),
        "seen": seen,
        "live": live,
        "items": _items(run),
        "stages": stages,
        "waiting": runs.wait_of(run),
        "progress": _progress(run, stages),
        "may_cancel": live and not run.cancel_asked and may_cancel_run(_person(request), run),
        "side_panels": panels.at("run_side", request, run),
        "may_replicate": run.state == "published"
        and run.purpose == Purpose.MEASURE
        and may_replicate(_person(request), run),
        "may_retry": run.state in RETRIABLE and may_retry_run(_person(request), run),
    }
    return render_page(request, "evaluations/run_detail.html", context, partial="live")


@login_required
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    try:
        cancel_run(actor=_person(request), run=run, why=request.POST.get("why", "")[:500])
    except IllegalMove as error:
        messages.warning(request, f"{error} Nothing was changed.")
    else:
        messages.success(request, "The run will stop. Nothing of it is published.")
    return redirect(run)


@login_required
@require_POST
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.select_related("checkpoint"), pk=pk)
    try:
        again = retry_run(actor=_person(request), run=run)
    except (IllegalMove, Refusal) as error:
        messages.warning(request, str(error))
        return redirect(run)
    messages.success(request, "Asked for again: this is the new run.")
    return redirect(again)


@login_required
@require_POST
def run_replicate(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.select_related("checkpoint"), pk=pk)
    try:
        again = request_replication(actor=_person(request), run=run)
    except Refusal as error:
        messages.warning(request, str(error))
        return redirect(run)
    messages.success(request, f"Asked for: this run measures again what run {pk} did.")
    return redirect(again)


def _person(request: HttpRequest) -> Any:
    return request.user


def _listed() -> Any:
    return (
        Run.objects.select_related("checkpoint__variant", "requested_by")
        .prefetch_related("items__recipe__benchmark_version__benchmark")
        .defer("log_tail", "checkpoint__files")
    )


def _items(run: Run) -> list[dict[str, Any]]:
    """Each recipe with what the run measured, in the metric's unit, and how often that came again.

    Of a replication: its own value, and the score that it was compared with. Two queries.
    """
    told = Replication.objects.select_related("score").order_by("value")
    if run.purpose == Purpose.REPLICATE:
        found = {row.score.recipe_id: row for row in told.filter(run=run)}
        return [_item(item.recipe, found.get(item.recipe_id)) for item in run.items.all()]
    scores = {(score.recipe_id, score.metric): score for score in run.scores.all()}
    again: dict[int, list[Replication]] = {}
    for row in told.filter(score__run=run):
        again.setdefault(row.score.recipe_id, []).append(row)
    return [
        _item(
            item.recipe,
            scores.get((item.recipe_id, item.recipe.benchmark_version.metric)),
            again.get(item.recipe_id, ()),
        )
        for item in run.items.all()
    ]


def _item(
    recipe: Recipe, measured: Score | Replication | None, again: Sequence[Replication] = ()
) -> dict[str, Any]:
    version = recipe.benchmark_version
    factor = 100 if version.unit == "proportion" else 1
    return {
        "recipe": recipe,
        "version": version,
        "n": measured.n if measured else None,
        "value": measured.value * factor if measured else None,
        "stderr": measured.stderr * factor if measured and measured.stderr is not None else None,
        "unit": "%" if factor == 100 else version.unit,
        "places": 1 if factor == 100 else 3,
        "replication": measured if isinstance(measured, Replication) else None,
        "known": measured.score.value * factor if isinstance(measured, Replication) else None,
        "again": _spread(again, factor),
    }


def _spread(again: Sequence[Replication], factor: int) -> dict[str, Any] | None:
    """How often it was measured again, how often that agreed, from which to which value."""
    if not again:
        return None
    return {
        "count": len(again),
        "agreed": sum(row.agrees for row in again),
        "low": again[0].value * factor,
        "high": again[-1].value * factor,
    }


def _progress(run: Run, stages: list[runs.Stage]) -> dict[str, Any] | None:
    """How far the present phase is, with the time that it may still take at the pace so far."""
    told = run.progress
    if run.state not in Run.HELD_STATES or not told:
        return None
    done, total = told.get("done", 0), told.get("total", 0)
    began = next((stage.reached_at for stage in stages if stage.status == "current"), None)
    so_far = (timezone.now() - began).total_seconds() if began else None
    return {
        "words": told.get("phase") or told.get("stage", ""),
        "left": so_far * (total - done) / done if so_far and done and total else None,
        "done": done,
        "total": total,
        "bytes": told.get("phase") == "bytes",
    }


def _seen(run: Run) -> str:
    """Changes whenever the page's middle would."""
    facts = [run.state, run.attempt, run.progress, run.cancel_asked, run.log_tail, run.warnings]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
