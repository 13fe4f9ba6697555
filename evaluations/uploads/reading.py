"""One upload as its page and the API show it."""

from dataclasses import dataclass
from typing import Any

from evaluations.models import Replication, Upload

UPLOADS = Upload.objects.select_related("checkpoint__variant", "uploaded_by").defer(
    "checkpoint__files"
)


@dataclass(frozen=True)
class Number:
    """One number of an upload. `replication` is there where it measured again what the hub measured."""

    task: str
    metric: str
    filter: str
    value: float
    stderr: float | None
    n: int | None
    has_samples: bool
    replication: Replication | None
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    numbers: list[Number]
    # Findings that are about no single task.
    remarks: list[dict[str, str]]
    warnings: int


def read_upload(upload: Upload) -> Reading:
    """One query."""
    rows = upload.replications.select_related("score__recipe__benchmark_version__benchmark")
    by_question: dict[tuple[str, str, str], Replication] = {}
    for row in rows:
        version = row.score.recipe.benchmark_version
        by_question[version.task, version.metric, version.filter] = row
    findings: list[dict[str, str]] = upload.findings
    return Reading(
        numbers=[_number(upload, stated, by_question) for stated in upload.facts["results"]],
        remarks=[each for each in findings if not each["task"]],
        warnings=sum(each["level"] == "warning" for each in findings),
    )


def _number(
    upload: Upload, stated: dict[str, Any], known: dict[tuple[str, str, str], Replication]
) -> Number:
    question = (stated["task"], stated["metric"], stated["filter"])
    named = f"{stated['metric']} ({stated['filter']})"
    about = [each["message"] for each in upload.findings if each["task"] == stated["task"]]
    return Number(
        *question,
        value=stated["value"],
        stderr=stated["stderr"],
        n=stated["n"],
        has_samples=stated["task"] in upload.samples,
        replication=known.get(question),
        # Of what is said about a task, not what is about another of its metrics.
        remarks=tuple(text for text in about if named in text or ": " not in text),
    )
