"""The public queue, and one run: where it stands, how far it is, why it failed and whose turn it is."""

import hashlib
import json
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
from evaluations.models import Run
from evaluations.models.run import Purpose
from evaluations.permissions import may_cancel_run, may_replicate, may_retry_run
from evaluations.run_items import items_of
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
        "items": items_of(run),
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
