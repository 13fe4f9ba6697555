"""Are the same weights, or the same repository, here under another name or proposed elsewhere?"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.models.fields.json import KT
from django.urls import reverse

from contributions.checks.verdict import Context, Detail, Verdict
from contributions.models import Check, Contribution
from hub.manifest import Manifest
from hub.models import Checkpoint, Dataset, ModelVariant
from hub.models.lineage import Relation

name: Final = "duplicates"
label: Final = "Duplicates"
needs: Final = ("origin",)
MOST_SHOWN = 5


def run(context: Context) -> Verdict:
    if not context.pinned:
        return _same_change(context)
    manifest = _manifest(context.pinned)
    digest = manifest.weights_digest if manifest and manifest.weights else ""
    here = [*_same_repository(context), *_same_files(manifest), *_same_weights(context, digest)]
    if here:
        return Verdict("failed", here[0].text, tuple(here), {"weights_digest": digest}, "duplicate")
    proposed = list(_proposed_elsewhere(context, digest))
    if proposed:
        return Verdict(
            "warning",
            proposed[0].text,
            tuple(proposed),
            {"weights_digest": digest},
            "proposed_elsewhere",
        )
    return Verdict("passed", "Nothing here is the same.", findings={"weights_digest": digest})


def _same_change(context: Context) -> Verdict:
    """Of a kind that fetches nothing: who else proposes something about the same subject?"""
    version = context.version
    subject = context.proposal.subject(context.payload)
    others = Contribution.objects.open().about(subject).filter(kind=context.proposal.kind)
    details = []
    for other in others.exclude(pk=version.contribution_id).order_by("pk")[:MOST_SHOWN]:
        text = f"#{other.pk} by {other.author.username} is about {subject} too, and is open."
        fix = "Read it first; where both want the same, join it there and withdraw this one."
        details.append(Detail(text, found=f"#{other.pk}", fix=fix, url=other.get_absolute_url()))
    if details:
        return Verdict("warning", details[0].text, tuple(details), code="proposed_elsewhere")
    return Verdict("passed", f"Nobody else proposes a change like this to {subject}.")


def _manifest(pinned: Mapping[str, Any]) -> Manifest | None:
    """None for a dataset."""
    found = pinned.get("manifest")
    return Manifest.of(pinned["commit"], found["files"]) if found else None


def _same_repository(context: Context) -> Iterator[Detail]:
    model = ModelVariant if context.proposal.origin_kind == "model" else Dataset
    repo_id = context.pinned["repo_id"]
    for entry in model._default_manager.filter(repo_id__iexact=repo_id)[:MOST_SHOWN]:
        text = f"{repo_id} is in the catalogue already, as {entry.full_name}."
        fix, url = "Propose a change to that entry instead.", entry.get_absolute_url()
        yield Detail(text, "repo_id", proposed=repo_id, found=entry.full_name, fix=fix, url=url)


def _same_files(manifest: Manifest | None) -> Iterator[Detail]:
    """The very same files, configuration and all, are the same thing under whatever name."""
    if manifest is None or not manifest.files:
        return
    same = Checkpoint.objects.filter(digest=manifest.digest).select_related("variant")
    for checkpoint in same.order_by("pk")[:MOST_SHOWN]:
        full_name = checkpoint.variant.full_name
        text = f"These exact files are here already, as {full_name}."
        yield Detail(text, "repo_id", found=full_name)


def _same_weights(context: Context, digest: str) -> Iterator[Detail]:
    """A variant that says it is a duplicate of that one is welcome: the relation is the point."""
    if not digest:
        return
    edges = context.payload.get("edges", [])
    declared = {e["parent_name"].lower() for e in edges if e["relation"] == Relation.DUPLICATE}
    same = Checkpoint.objects.filter(weights_digest=digest).select_related("variant")
    for checkpoint in same.order_by("pk")[:MOST_SHOWN]:
        full_name = checkpoint.variant.full_name
        if full_name.lower() not in declared:
            text = f"These weights are here already, as {full_name}."
            fix = f"Name {full_name} as a parent, with the relation duplicate."
            edge = {"parent_name": full_name, "relation": Relation.DUPLICATE.value}
            parent = {**edge, "parent_commit": "", "is_dataset": False}
            yield Detail(text, "edges", found=full_name, fix=fix, parent=parent)


def _proposed_elsewhere(context: Context, digest: str) -> Iterator[Detail]:
    """Other open contributions whose newest version has the same weights or the same repository."""
    own = context.version.contribution_id
    others = Check.objects.alias(found=KT("findings__weights_digest")).filter(
        name=name,
        version__contribution__state__in=Contribution.live_states(),
        found=digest,
    )
    numbers: set[int] = set()
    if digest:
        rows = others.exclude(version__contribution=own).order_by("pk")
        numbers.update(rows.values_list("version__contribution_id", flat=True)[:MOST_SHOWN])
    same = (
        Contribution.objects.open()
        .exclude(pk=own)
        .filter(
            kind=context.proposal.kind, versions__payload__repo_id__iexact=context.pinned["repo_id"]
        )
    )
    numbers.update(same.values_list("pk", flat=True)[:MOST_SHOWN])
    for number in sorted(numbers):
        text = f"#{number} proposes the same weights or repository, and is open too."
        url = reverse("contribution_detail", args=[number])
        yield Detail(
            text, "repo_id", found=f"#{number}", url=url, fix="Join it there if it is the same."
        )
