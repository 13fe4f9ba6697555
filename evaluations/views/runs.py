"""The public queue, and one run: where it stands, how far it is, why it failed and whose turn it is."""

import hashlib
import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from evaluations import queue_page, runs
from evaluations.actions.cancel import cancel_run
from evaluations.actions.prioritise import prioritise_run
from evaluations.actions.request_replication import request_replication
from evaluations.actions.retry import RETRIABLE, retry_run
from evaluations.actions.take_back_vote import take_back_vote
from evaluations.actions.vote import vote
from evaluations.disputes import standing_against_run
from evaluations.filters import QueueFilter
from evaluations.forecast import lines
from evaluations.models import Run
from evaluations.models.run import Purpose
from evaluations.permissions import (
    may_cancel_run,
    may_prioritise_run,
    may_replicate,
    may_retry_run,
    priorities_for,
)
from evaluations.progress import progress_of
from evaluations.run_items import items_of
from evaluations.waiting import Wait, wait_of
from hub import panels
from hub.http import render_page
from hub.keyset import BadCursor, Key, Page, paginate
from hub.listing import with_cursor
from hub.refusal import Refusal
from hub.state import IllegalMove

ROWS_SHOWN = 50
ENDED_SHOWN = 20
ENDED_ORDER = (Key("pk", descending=True),)


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Every queue, what is measured now, what waits in which order, what ended; a page of each, in a
    fixed number of queries."""
    filters = QueueFilter(request.GET or None, queryset=queue_page.listed(), request=request)
    queues, found = lines(), filters.qs
    waiting = _page_of(request, found.filter(state="queued"), queue_page.ORDER, "from", ROWS_SHOWN)
    ended = found.filter(state__in=Run.terminal_states())
    past = _page_of(request, ended, ENDED_ORDER, "cursor", ENDED_SHOWN)
    working = found.filter(state__in=Run.HELD_STATES).order_by("started_at")[:ROWS_SHOWN]
    shown = queue_page.rows([*working, *waiting.rows, *past.rows], queues, _person(request))
    context = {
        "section": "runs",
        "lines": list(queues.values()),
        "filters": filters,
        "is_filtered": any(request.GET.get(name) for name in filters.form.fields),
        "working": [row for row in shown if row.progress],
        "waiting": [row for row in shown if row.wait],
        "ended": [row for row in shown if row.run.state in Run.terminal_states()],
        "at_work": sum(line.running for line in queues.values()),
        "waiting_count": sum(line.due + line.held_back for line in queues.values()),
        "oldest": min((line.oldest for line in queues.values() if line.oldest), default=None),
        "waiting_next": with_cursor(request, waiting.next, "from"),
        "waiting_previous": with_cursor(request, waiting.previous, "from"),
        "ended_next": with_cursor(request, past.next),
        "ended_previous": with_cursor(request, past.previous),
    }
    return render_page(request, "evaluations/run_list.html", context, partial="queue")


def _page_of(
    request: HttpRequest, found: Any, order: tuple[Key, ...], name: str, size: int
) -> Page[Run]:
    """The page that the cursor called `name` leads to; a stale one leads to the first."""
    try:
        return paginate(found, order, cursor=request.GET.get(name, ""), size=size)
    except BadCursor:
        return paginate(found, order, size=size)


@login_required
@require_POST
def run_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Vote for a waiting run, or take that back (`take_back`); then on to where the button stood."""
    run = get_object_or_404(Run, pk=pk)
    act = take_back_vote if "take_back" in request.POST else vote
    try:
        act(actor=_person(request), run=run)
    except (IllegalMove, Refusal) as error:
        messages.warning(request, str(error))
    return redirect(f"{reverse('run_list')}#run-{pk}" if "listed" in request.POST else run)


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that asks for its middle every two seconds while the run lives, and then no more."""
    run = get_object_or_404(_listed().prefetch_related("events__actor"), pk=pk)
    wait = wait_of(run)
    seen = _seen(run, wait)
    if request.htmx and request.GET.get("seen") == seen:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    live = run.state in Run.live_states()
    events = list(run.events.all())
    stages, workers = runs.stages_of(run, events), runs.workers_of(run, events)
    context = {
        "section": "runs",
        "run": run,
        "disputes": standing_against_run(run),
        "seen": seen,
        "live": live,
        "items": items_of(run),
        "stages": stages,
        "happened": [(event, workers.get(event.worker)) for event in events],
        "worker": workers.get(run.worker),
        "waiting": wait,
        "voting": queue_page.votings([run], _person(request))[run.pk] if wait else None,
        "progress": progress_of(run, runs.asked_since(stages)),
        "priorities": priorities_for(_person(request))
        if wait and may_prioritise_run(_person(request), run)
        else None,
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
def run_prioritise(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    try:
        wanted = int(request.POST.get("priority", ""))
        prioritise_run(actor=_person(request), run=run, priority=wanted)
    except ValueError:
        messages.warning(request, "A priority is a whole number.")
    except (IllegalMove, Refusal) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"Its priority is {wanted} now.")
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


def _seen(run: Run, wait: Wait | None) -> str:
    """Changes whenever the page's middle would."""
    facts = [run.state, run.attempt, run.progress, run.cancel_asked, run.log_tail, run.warnings]
    told = json.dumps([*facts, run.usage, run.priority, wait and wait.facts])
    return hashlib.sha256(told.encode()).hexdigest()[:12]
