from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions, proposals
from contributions.actions._audit import audit
from contributions.actions._events import happened
from contributions.models import AwaitedRun, Contribution, Version
from contributions.proposals.protocol import Applied, Findings
from contributions.requirements import merge_requirements, read_facts
from contributions.trailers import merged_trailers
from evaluations.actions.request import request_for_boards
from evaluations.actions.request_baseline import request_baseline
from evaluations.turns import person_share
from hub.models import User
from hub.refusal import Refusal


def merge(*, actor: User, contribution: Contribution, head: int) -> Contribution:
    """Publish what was checked and approved as version `head`, and queue its evaluation.

    The move is claimed before anything is published: of two mergers the second stops at the row and
    changes nothing. One transaction. Raises PermissionDenied (maintainers, never their own),
    IllegalMove (ended, or a newer version exists), Refusal `requirements_unmet` or what publishing
    refuses.
    """
    with transaction.atomic():
        contribution.hold()
        if not permissions.merges(actor, contribution):
            raise PermissionDenied("Maintainers merge, and never what they had a part in.")
        _refuse_unready(contribution, head)
        left = contribution.move_on("merged", head=head, merged_by=actor, merged_at=Now())
        version = contribution.versions.get(number=head)
        proposal = proposals.get(contribution.kind)
        applied = proposal.apply(
            actor=actor,
            contribution=contribution,
            payload=version.payload,
            findings=_findings(version),
        )
        _link(contribution, applied)
        happened(
            contribution=contribution,
            verb="merged",
            actor=actor,
            version_number=head,
            from_state=left,
            to_state=contribution.state,
        )
        proposal.ended(contribution)
        audit(
            actor=actor,
            deed="merged",
            target=f"#{contribution.pk}",
            url=contribution.get_absolute_url(),
        )
        if applied.checkpoint:
            # They count against who wrote it, not against who happens to merge.
            runs = request_for_boards(
                actor=actor,
                checkpoint=applied.checkpoint,
                share=person_share(contribution.author),
            )
            request_baseline(actor=actor, checkpoint=applied.checkpoint)
            # Their ends are told in the timeline.
            AwaitedRun.objects.bulk_create(
                AwaitedRun(contribution=contribution, run=run) for run in runs
            )
    return contribution


def _refuse_unready(contribution: Contribution, head: int) -> None:
    """Only about the version that was read: for an ended or outdated one `move_on` has the words."""
    if not contribution.is_live or contribution.head != head:
        return
    unmet = [item.text for item in merge_requirements(contribution) if not item.met]
    if unmet:
        message = f"This cannot be merged yet. {' '.join(unmet)}"
        raise Refusal("requirements_unmet", message, fields={"requirements": unmet})


def _findings(version: Version) -> Findings:
    return dict(version.checks.values_list("name", "findings"))


def _link(contribution: Contribution, applied: Applied) -> None:
    contribution.variant = applied.variant
    contribution.dataset = applied.dataset
    contribution.benchmark = applied.benchmark
    contribution.claim = applied.claim
    contribution.trailers = merged_trailers(read_facts([contribution])[contribution.pk])
    contribution.save(update_fields=["variant", "dataset", "benchmark", "claim", "trailers"])
