"""What merging a contribution set off: the runs of its checkpoint, and the report on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.fields.json import KT

from contributions import proposals
from contributions.models import Check, Contribution
from contributions.models.check import FIRST
from evaluations.models import Run
from evaluations.report import Report, report_of
from evaluations.report_page import shown
from hub.models import Checkpoint

MOST_RUNS = 20


@dataclass(frozen=True)
class Evaluation:
    """`report` is there once something was measured or asked for; `shown` is the context of its template."""

    report: Report | None = None
    runs: Sequence[Run] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def working(self) -> Sequence[Run]:
        """What still brings numbers: its own runs, and those of whoever it is compared with."""
        own = [run for run in self.runs if run.state in Run.live_states()]
        others = self.report.runs if self.report else []
        return list({run.pk: run for run in (*others, *own)}.values())


def read_evaluation(contribution: Contribution) -> Evaluation:
    """Empty until it is merged. No query then; fourteen at most afterwards, however many recipes."""
    checkpoint = measured_checkpoint(contribution)
    if checkpoint is None:
        return Evaluation()
    runs = list(
        Run.objects.filter(checkpoint__digest=checkpoint.digest, purpose="measure")
        .defer("log_tail")
        .order_by("pk")[:MOST_RUNS]
    )
    report = read_report_of(contribution, checkpoint)
    if not report.rows:
        return Evaluation(runs=runs)
    return Evaluation(report, runs, shown(report))


def read_report_of(contribution: Contribution, checkpoint: Checkpoint) -> Report:
    version = contribution.versions.get(number=contribution.head)
    named = proposals.get(contribution.kind).references(version.payload)
    return report_of(checkpoint, named=named)


def measured_checkpoint(contribution: Contribution) -> Checkpoint | None:
    """The commit that was checked and merged; None for kinds that bring none. One query."""
    merged = contribution.state == "merged" and contribution.variant_id is not None
    if not merged or not proposals.get(contribution.kind).is_measured:
        return None
    checks = Check.objects.filter(
        version__contribution=contribution, version__number=contribution.head, name=FIRST
    )
    commit = checks.annotate(commit=KT("findings__commit")).values("commit")[:1]
    return (
        Checkpoint.objects.filter(variant=contribution.variant_id, commit=commit)
        .select_related("variant")
        .defer("files")
        .first()
    )
