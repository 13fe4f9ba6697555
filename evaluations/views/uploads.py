"""Results of somebody's own machine: send them in, look at what came of them."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.actions.upload_results import LARGEST_UPLOAD, upload_results
from evaluations.filters import UPLOAD_SORTING, UploadFilter
from evaluations.forms import UploadForm
from evaluations.permissions import may_see_samples
from evaluations.uploads.files import MEBIBYTE
from evaluations.uploads.reading import UPLOADS, read_upload
from hub import store
from hub.forms import show_refusal
from hub.http import render_page
from hub.listing import read_list
from hub.models import Checkpoint, User
from hub.refusal import Refusal


@require_safe
def upload_list(request: HttpRequest) -> HttpResponse:
    listing = read_list(request, UPLOADS, filters=UploadFilter, sorting=UPLOAD_SORTING)
    context = {"section": "runs", "listing": listing}
    return render_page(request, "evaluations/upload_list.html", context, partial="results")


@csrf_exempt  # It is checked below: looking for the token would read the whole body first.
@require_http_methods(["GET", "HEAD", "POST"])
def upload_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Neither Django nor the server bounds a body with files, so its length is judged unread."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_UPLOAD:
        return HttpResponse(f"At most {LARGEST_UPLOAD // MEBIBYTE} MiB at once.", status=413)
    return _upload_form(request, pk)


@csrf_protect
@login_required
def _upload_form(request: HttpRequest, pk: int) -> HttpResponse:
    checkpoint = get_object_or_404(Checkpoint.objects.select_related("variant"), pk=pk)
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        person = cast(User, request.user)
        try:
            upload = upload_results(actor=person, checkpoint=checkpoint, **form.given())
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Read and checked. This is what came of it.")
            return redirect(upload)
    context = {"section": "runs", "checkpoint": checkpoint, "form": form}
    status = 400 if form.errors else None
    return render_page(request, "evaluations/upload_new.html", context, status=status)


@require_safe
def upload_detail(request: HttpRequest, pk: int) -> HttpResponse:
    upload = get_object_or_404(UPLOADS, pk=pk)
    context = {
        "section": "runs",
        "upload": upload,
        "reading": read_upload(upload),
        "may_see_samples": may_see_samples(request.user, upload),
    }
    return render_page(request, "evaluations/upload_detail.html", context)


@require_safe
def upload_file(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """`results.json`, or `samples_<task>.jsonl.gz`, as they were sent."""
    upload = get_object_or_404(UPLOADS, pk=pk)
    if name == "results.json":
        sha256, kind = upload.results_sha256, "application/json"
    else:
        task = name.removeprefix("samples_").removesuffix(".jsonl.gz")
        if task not in upload.samples or not may_see_samples(request.user, upload, task):
            raise Http404
        sha256, kind = upload.samples[task], "application/gzip"
    content = store.default().open(sha256)
    return FileResponse(content, as_attachment=True, filename=name, content_type=kind)
