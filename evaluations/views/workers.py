"""Who measures: every worker, and one with what it has, what it did, and whether it takes more."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from evaluations.actions.drain_worker import drain_worker, undrain_worker
from evaluations.models import Worker
from evaluations.permissions import may_drain_workers
from evaluations.workers import last_runs, rows_of, workers
from hub.http import render_page
from hub.models import User
from hub.refusal import Refusal

# A cluster of more is read by the API.
MOST = 500


@require_safe
def worker_list(request: HttpRequest) -> HttpResponse:
    rows = rows_of(workers()[:MOST])
    context = {
        "section": "runs",
        "measuring": [row for row in rows if row.evaluates],
        "others": [row for row in rows if not row.evaluates],
        "alive": sum(row.status not in ("gone", "stopped") for row in rows),
    }
    return render_page(request, "evaluations/worker_list.html", context, partial="workers")


@require_safe
def worker_detail(request: HttpRequest, pk: int) -> HttpResponse:
    worker = get_object_or_404(workers(), pk=pk)
    [row] = rows_of([worker])
    context = {
        "section": "runs",
        "row": row,
        "worker": worker,
        "runs": last_runs(worker),
        "may_drain": row.evaluates
        and worker.stopped_at is None
        and may_drain_workers(request.user),
    }
    return render_page(request, "evaluations/worker_detail.html", context)


@login_required
@require_POST
def worker_drain(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell it to take no more (`why`), or, with `undrain`, to go on."""
    worker = get_object_or_404(Worker, pk=pk)
    person = cast(User, request.user)
    try:
        if "undrain" in request.POST:
            undrain_worker(actor=person, worker=worker)
        else:
            drain_worker(actor=person, worker=worker, why=request.POST.get("why", ""))
    except Refusal as refusal:
        messages.warning(request, refusal.message)
    else:
        takes = (
            "takes runs again" if not worker.draining else "ends what it holds and takes no more"
        )
        messages.success(request, f"{worker} {takes}.")
    return redirect(worker)
