"""What tests of contributions tell again and again."""

from typing import Any

from contributions import proposals
from contributions.actions.check import run_check
from contributions.actions.review import review
from contributions.actions.submit import submit
from contributions.models import Check, Comment, Contribution, Event
from contributions.proposals.protocol import Payload
from hub.manifest import Manifest
from hub.models import User
from tests.factories import make_manifest
from tests.repos import PARAMETERS


def variant_payload(full_name: str = "headwaters/brook", **fields: Any) -> Payload:
    """What a person would submit about tests.repos.host(full_name)."""
    owner, _, name = full_name.partition("/")
    return {
        "repo_id": full_name,
        "revision": "main",
        "owner": owner,
        "name": name,
        "licence": "apache-2.0",
        "licence_name": "",
        "summary": "A tiny model for tests.",
        "tags": ["tiny"],
        "parameters": PARAMETERS,
        "architecture": "LlamaForCausalLM",
        "edges": [],
        "card_text": "# Brook",
        **fields,
    }


def dataset_payload(full_name: str = "headwaters/pool", **fields: Any) -> Payload:
    owner, _, name = full_name.partition("/")
    return {
        "repo_id": full_name,
        "revision": "main",
        "owner": owner,
        "name": name,
        "licence": "apache-2.0",
        "licence_name": "",
        "summary": "Still water.",
        "tags": [],
        "purpose": "training",
        "size": "",
        "card_text": "",
        **fields,
    }


def submitted(author: User, full_name: str = "headwaters/brook", **fields: Any) -> Contribution:
    return submit(
        author=author,
        kind="add_variant",
        payload=variant_payload(full_name, **fields),
        sign_off=True,
    )


def head_checks(contribution: Contribution) -> dict[str, Check]:
    checks = Check.objects.filter(
        version__contribution=contribution, version__number=contribution.head
    ).select_related("version__contribution")
    return {check.name: check for check in checks}


def run_checks(contribution: Contribution) -> dict[str, Check]:
    """As a worker would, in order; answers with the checks as they then stand."""
    for check in head_checks(contribution).values():
        run_check(check_id=check.pk, worker="test")
    return head_checks(contribution)


def pinned(contribution: Contribution, manifest: Manifest | None = None) -> dict[str, Any]:
    """Findings of an origin check that went well."""
    manifest = manifest or make_manifest(contribution.subject)
    return {
        "repo_id": contribution.subject,
        "commit": manifest.commit,
        "gated": False,
        "files": [{"path": file["path"], "size": file["size"]} for file in manifest.files],
        "card_text": "# Brook",
        "manifest": {
            "files": list(manifest.files),
            "parameters": manifest.parameters,
            "dtype": manifest.dtype,
        },
    }


def pass_checks(contribution: Contribution, manifest: Manifest | None = None) -> None:
    """Every check of the newest version has passed, as far as the rows say."""
    checks = Check.objects.filter(
        version__contribution=contribution, version__number=contribution.head
    )
    checks.update(state="passed")
    checks.filter(name="origin").update(findings=pinned(contribution, manifest))


def approved(contribution: Contribution, reviewer: User) -> Contribution:
    """Checked and approved: a maintainer may merge it."""
    pass_checks(contribution)
    review(reviewer=reviewer, contribution=contribution, head=contribution.head, verdict="approve")
    return contribution


def prefilled(full_name: str, *, kind: str = "add_variant") -> Payload:
    return proposals.prefill(kind=kind, repo_id=full_name).payload


def say_often(contribution: Contribution, author: User, count: int) -> list[int]:
    """`count` comments, as quickly as rows can be written; their keys."""
    rows = Comment.objects.bulk_create(
        Comment(contribution=contribution, author=author, body=f"Word {number} of many.")
        for number in range(count)
    )
    Event.objects.bulk_create(
        Event(
            contribution=contribution,
            verb="commented",
            actor=author,
            version_number=1,
            comment=row,
        )
        for row in rows
    )
    return [row.pk for row in rows]
