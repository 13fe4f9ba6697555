"""Claims that are backed by results somebody uploaded: every answer can be looked at."""

import math
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from contributions.proposals.fields import Payload
from evaluations.models import BenchmarkVersion, Upload
from evaluations.models.claim import ReporterRole
from evaluations.reported import converted

# Numbers are typed with fewer digits than files have.
CLOSE = 5e-4


def upload_named(number: str | int | None) -> Upload | None:
    if isinstance(number, str) and not number.isdecimal():
        return None
    found = Upload.objects.select_related("checkpoint__variant", "uploaded_by")
    return found.filter(pk=number).first() if number else None


def upload_problem(payload: Payload) -> str:
    """Why the upload does not stand behind the numbers; empty where it does, or none is named."""
    if not payload.get("upload"):
        return ""
    upload = upload_named(payload["upload"])
    if upload is None:
        return "There is no such upload here."
    if upload.checkpoint.variant.full_name.lower() != str(payload["variant"]).lower():
        return f"That upload is about {upload.checkpoint.variant}."
    for row in payload["numbers"]:
        if not any(_is_said(row, stated) for stated in upload.facts["results"]):
            return f"Its files hold no {row['value']:g} ({row['unit']}) for {row['benchmark']}."
    return ""


def _is_said(row: Mapping[str, Any], stated: Mapping[str, Any]) -> bool:
    unit = _unit(stated["task"], stated["metric"])
    value = converted(stated["value"], unit, row["unit"])
    scale = 100.0 if row["unit"] == "percent" else 1.0
    return value is not None and math.isclose(value, row["value"], rel_tol=0, abs_tol=CLOSE * scale)


def numbers_of_upload(number: str) -> Payload:
    """What the form begins with; empty where there is no such upload."""
    upload = upload_named(number)
    if upload is None:
        return {}
    return {
        "variant": upload.checkpoint.variant.full_name,
        "reporter": upload.uploaded_by.username,
        "role": ReporterRole.COMMUNITY.value,
        "source": f"{settings.SITE_URL.rstrip('/')}{upload.get_absolute_url()}",
        "upload": upload.pk,
        "harness": f"lm_eval {upload.harness_version}".strip(),
        "revision": upload.checkpoint.commit,
        "reported_on": upload.uploaded_at.date().isoformat(),
        "numbers": [_row(stated) for stated in upload.facts["results"]],
    }


def _row(stated: Mapping[str, Any]) -> dict[str, Any]:
    version = _version(stated["task"], stated["metric"])
    return {
        "benchmark": version.benchmark.name if version else stated["task"],
        "metric": stated["metric"],
        "value": stated["value"],
        "unit": _unit(stated["task"], stated["metric"]),
        "stderr": stated["stderr"],
        "n": None,
    }


def _version(task: str, metric: str) -> BenchmarkVersion | None:
    found = BenchmarkVersion.objects.select_related("benchmark").filter(task=task, metric=metric)
    return found.order_by("-pk").first()


def _unit(task: str, metric: str) -> str:
    version = _version(task, metric)
    return version.unit if version else "proportion"
