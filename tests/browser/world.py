"""A hub on which something has happened: a filled board, lineage, runs and contributions in every state."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.actions.merge import merge
from contributions.actions.open_thread import open_thread
from contributions.actions.report_abuse import report_abuse
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.models import AbuseReport, Check, Contribution, Hold, Webhook
from evaluations.actions.open_dispute import open_dispute
from evaluations.actions.rank import rank_board
from evaluations.actions.settle_dispute import settle_dispute
from evaluations.models import (
    Board,
    BoardRecipe,
    Claim,
    Recipe,
    Rescoring,
    Run,
    RunEvent,
    Upload,
    Worker,
)
from hub.actions.add_origin_token import add_origin_token
from hub.models import (
    CardRevision,
    Dataset,
    LineageEdge,
    ModelVariant,
    OriginChange,
    OriginToken,
    User,
    WorkingGroup,
)
from hub.models.user import Role
from tests.contributions.hearing import news_of
from tests.contributions.moderating import held_comment
from tests.contributions.stories import (
    approved,
    dataset_payload,
    pass_checks,
    submitted,
    variant_payload,
)
from tests.evaluations.claiming import make_claim
from tests.evaluations.lm_eval_files import make_upload
from tests.evaluations.rescorings import told
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_run,
    make_scope,
    make_score,
    make_user,
    make_variant,
)

CARD = """# Brook

A *small* model, with [a link](https://example.org/), `code`, and a table:

| Step | Loss |
| ---- | ---- |
| 1000 | 2.31 |

- one
- two

```
a line of code that is rather longer than a telephone is wide, so that it has to scroll inside itself
```
"""
SAID = "Say what it was *trained* on."
LICENCES = ("apache-2.0", "mit", "cc-by-nc-4.0")


def fill_board(count: int = 8, slug: str = "rivers") -> Board:
    """river/brook-01 leads and is the smallest; each is the next one's parent; the last lacks a score."""
    names = ("Arithmetic", "Copying", "Bits per byte")
    recipes = [make_recipe(make_benchmark_version(f"{slug}-{name[:4].lower()}")) for name in names]
    board = make_board(slug, recipes, title="Rivers", question="Which small river is clearest?")
    for column, name in zip(BoardRecipe.objects.filter(board=board), names, strict=True):
        BoardRecipe.objects.filter(pk=column.pk).update(label=name)
    requester, before = make_user(), None
    for number in range(1, count + 1):
        variant = make_variant(
            f"river/brook-{number:02}",
            parameters=480_000 * number,
            licence=LICENCES[number % len(LICENCES)],
        )
        if before:
            LineageEdge.objects.create(
                child=variant, parent=before, parent_name=str(before), relation="finetune"
            )
        checkpoint, before = make_checkpoint(variant), variant
        for place, recipe in enumerate(recipes[: 2 if number == count > 1 else 3]):
            run = make_run(checkpoint, [recipe], state="published", requested_by=requester)
            value = 0.9 - 0.5 * number / count - 0.01 * place
            make_score(checkpoint, recipe, value, stderr=0.02, run=run)
    rank_board(board)
    return board


@dataclass(frozen=True)
class World:
    """What pages are about, and who looks at them."""

    ann: User
    ben: User
    cleo: User
    board: Board
    empty_board: Board
    variant: ModelVariant
    dataset: Dataset
    recipe: Recipe
    claim: Claim
    upload: Upload
    rescoring: Rescoring
    worker: Worker
    runs: dict[str, Run]
    contributions: dict[str, Contribution]
    hold: Hold
    report: AbuseReport
    webhook: Webhook


def make_world() -> World:
    ann, ben, cleo = make_user("ann"), make_user("ben", Role.REVIEWER), make_user("cleo", "admin")
    board = fill_board()
    variant = ModelVariant.objects.get(name="brook-02")
    dataset = make_dataset("river/pool", summary="Still water.", purpose="training", size="12 MB")
    LineageEdge.objects.create(
        child=variant, parent_dataset=dataset, parent_name="river/pool", relation="trained_on"
    )
    LineageEdge.objects.create(child=variant, parent_name="far/away", relation="distillation")
    for entry in ({"variant": variant}, {"dataset": dataset}):
        CardRevision.objects.create(number=1, published_by=ann, text=CARD, **entry)
    recipe = board.recipes.all()[0]
    made = contributions_in_every_state(ann, ben, cleo)
    changed_at_their_origin(variant, dataset)
    lent_and_refused(ann)
    return World(
        ann=ann,
        ben=ben,
        cleo=cleo,
        board=board,
        empty_board=make_board("deserts", title="Deserts"),
        variant=variant,
        dataset=dataset,
        recipe=recipe,
        worker=worker_at_work(),
        upload=make_upload(make_checkpoint(), ann),
        rescoring=told(ann, recipe, recipe.scores.all()[0]),
        claim=claims_and_disputes(ann, variant, dataset, recipe),
        runs=runs_in_every_state(ann),
        contributions=made,
        hold=held_comment(make_user("newcomer"), made["open"]),
        report=report_abuse(reporter=ann, why="It advertises.", contribution=made["closed"]),
        webhook=news_of(ann),
    )


def changed_at_their_origin(variant: ModelVariant, dataset: Dataset) -> None:
    """A variant whose repository moved on and was renamed; a dataset whose repository is gone."""
    seen = {"origin_seen_at": timezone.now(), "origin_commit": "f" * 40}
    ModelVariant.objects.filter(pk=variant.pk).update(origin_state="here", **seen)
    Dataset.objects.filter(pk=dataset.pk).update(origin_state="gone", **seen)
    for kind, before, after in (("renamed", "far/brook", "far/stream"), ("commit", "", "f" * 40)):
        OriginChange.objects.create(variant=variant, kind=kind, before=before, after=after)
    OriginChange.objects.create(dataset=dataset, kind="gone", before="river/pool")


def lent_and_refused(person: User) -> None:
    add_origin_token(person=person, label="Reading", scope="river", secret="hf_abcdefgh")
    add_origin_token(person=person, label="Old one", scope="", secret="hf_ijklmnop")
    OriginToken.objects.filter(label="Old one").update(refused_at=timezone.now())


def worker_at_work() -> Worker:
    """One that its kernel does not protect in every part; and one that has stopped."""
    facts = {
        "host": "here",
        "queues": ["cpu"],
        "processes": 2,
        "harnesses": {"lm_eval": "0.4.13"},
        "hardware": {"cpu": "A processor", "cores": 8, "memory_bytes": 32 << 30, "gpus": []},
        "versions": {"python": "3.11.7"},
        "confinement": {"network": "isolated", "files": "shared", "syscalls": "filtered"},
        "store": {"free_bytes": 1 << 40},
    }
    Worker.objects.create(name="old@here/7", host="here", queues=["gpu"], stopped_at=timezone.now())
    return Worker.objects.create(name="bench@here/8", **facts)


def claims_and_disputes(
    person: User, variant: ModelVariant, dataset: Dataset, recipe: Recipe
) -> Claim:
    """Numbers from elsewhere on what is measured here, one restated; disputes in three states."""
    slug = recipe.benchmark_version.benchmark.slug
    day = {"benchmark": slug, "actor": person, "protocol": "5-shot, greedy, as on the card"}
    make_claim(variant, value=71.0, **day)
    claim = make_claim(variant, value=71.5, stderr=1.2, n=4, **day)
    make_claim(variant, value=12.3, unit="perplexity", benchmark="Wikitext", actor=person)
    open_dispute(
        actor=person,
        number=9001,
        entry=dataset,
        reason="contamination",
        summary="Its test questions are in the pool.",
    )
    settle_dispute(actor=person, number=9001, upheld=True)
    open_dispute(actor=person, number=9002, entry=variant, reason="broken", summary="It is empty.")
    settle_dispute(actor=person, number=9002, upheld=False)
    open_dispute(
        actor=person, number=9003, entry=variant, claim=claim, reason="score", summary="It is 17.5."
    )
    open_dispute(actor=person, number=9004, entry=variant, reason="licence", summary="It is not.")
    return claim


FAILURE = {
    "failure_stage": "running",
    "failure_code": "out_of_memory",
    "failure_message": "The model did not fit into the memory of the worker.",
    "failure_whose": "hub",
}


def runs_in_every_state(person: User) -> dict[str, Run]:
    now = timezone.now()
    began = {"started_at": now - timedelta(minutes=3), "worker": "bench@here", "attempt": 1}
    ended = {**began, "finished_at": now}
    half = {"stage": "running", "phase": "arithmetic", "done": 120, "total": 500}
    kept: dict[str, dict[str, Any]] = {
        "queued": {},
        "running": {
            **began,
            "progress": half,
            "log_tail": "loading weights\nasking 500 questions\n",
        },
        "failed": {**ended, **FAILURE},
        "published": {**ended, "versions": {"lm_eval": "0.4.13"}, "hardware": {"cpu": "2 cores"}},
        "cancelled": ended,
    }
    runs = {
        state: make_run(make_checkpoint(), state=state, requested_by=person, **fields)
        for state, fields in kept.items()
    }
    for run in runs.values():
        RunEvent.objects.create(run=run, to_state=run.state, actor=person)
    return runs


def contributions_in_every_state(ann: User, ben: User, cleo: User) -> dict[str, Contribution]:
    states = ("open", "revised", "approved", "merged", "closed")
    group, _ = WorkingGroup.objects.get_or_create(slug="algorithm", defaults={"name": "Algorithm"})
    make_scope(group, cleo, "maintainer", owner="river", kinds=["add_variant"])
    made = {state: submitted(ann, f"river/{state}") for state in states}
    made["dataset"] = submit(
        author=ann,
        kind="add_dataset",
        payload=dataset_payload("river/lake"),
        note="Still water.",
        sign_off=True,
    )
    _revise(made["revised"], ann, ben)
    approved(made["approved"], ben)
    merge(actor=cleo, contribution=approved(made["merged"], ben), head=1)
    close(actor=cleo, contribution=made["closed"], why="It is not a river.")
    return made


def _revise(contribution: Contribution, ann: User, ben: User) -> None:
    """Checked with a failure and a warning, sent back, discussed, and revised."""
    pass_checks(contribution)
    review(reviewer=ben, contribution=contribution, head=1, verdict="request_changes", body=SAID)
    reply = comment(author=ann, contribution=contribution, body="I will.")
    edit_comment(actor=ann, comment=reply, body="I will, @ben: see river/brook-01 and #1.")
    payload = variant_payload("river/revised", summary="Trained on rain.", card_text=CARD)
    revise(
        actor=ann,
        payload=payload,
        contribution=contribution,
        head=1,
        note="Trained on what.",
        sign_off=True,
    )
    open_thread(author=ben, contribution=contribution, head=2, field="card_text", line=1, body=SAID)
    checks = Check.objects.filter(version__contribution=contribution, version__number=2)
    first, second = checks.order_by("pk")[:2]
    said = {"finished_at": timezone.now(), "whose": "submitter"}
    Check.objects.filter(pk=first.pk).update(
        state="failed", summary="The repository is not there.", **said
    )
    Check.objects.filter(pk=second.pk).update(
        state="warning", summary="The card names no licence.", **said
    )
    contribution.refresh_from_db()
