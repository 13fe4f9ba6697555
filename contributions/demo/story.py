"""Fills the demo hub the way people would: build, host, submit, check, review, merge, measure.

Every step goes through the same action that a page or the API calls, and every number on the board comes
out of the harness. Told again, the story goes on where it stopped: what is there already is left alone.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from contributions import proposals
from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.demo.accounts import Cast, ensure_cast
from contributions.demo.script import ACTS, Act
from contributions.models import Check, Contribution
from evaluations.actions.measure_sensitivity import measure_sensitivity
from evaluations.actions.seed import seed_suites
from evaluations.harness.protocol import HarnessFailure
from evaluations.models import Recipe, Run
from evaluations.toys.plan import BY_NAME, DATASET, LOG, configuration
from hub.actions.host_repository import host_repository
from hub.models import User
from hub.origins.errors import OriginError
from hub.refusal import Refusal

Say = Callable[[str], None]
PATIENCE = 240.0
BOARD = "tributary-demo"


def tell(*, say: Say) -> None:
    """The whole story; returns when the board is complete. Raises CommandError where it cannot go on."""
    started = time.monotonic()
    cast = ensure_cast()
    seed_suites()
    toys = settings.STATE_DIR / "toys"
    acts = {act.repo_id: act for act in ACTS}
    # The builder goes on in its own process while the first ones are reviewed and measured.
    for name in build(toys, say):
        act = acts.get(name)
        owner, _, plain = name.partition("/")
        kind = proposals.get(act.kind).origin_kind if act else "model"
        host_repository(folder=toys / name, owner=owner, name=plain, kind=kind)
        if act is None:
            say(f"{name} is hosted and left for you to submit")
            continue
        close_act(act, open_contribution(act, cast, say), cast, say)
    watch_runs(say)
    say(f"The demo board is complete after {time.monotonic() - started:.0f} s")
    vary_batches(say)


def build(toys: Path, say: Say) -> Iterator[str]:
    """Names of the repositories, each as soon as its folder is ready."""
    command = [str(settings.HARNESS_PYTHON), "-m", "evaluations.toys.build", str(toys)]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - stdout=PIPE makes it so
        for line in process.stdout:
            say(line.strip())
            verb, _, rest = line.strip().partition(" ")
            if verb in {"built", "kept"}:
                yield rest.split()[0]
    if process.returncode:
        raise CommandError(f"building the demo models ended with status {process.returncode}")


def open_contribution(act: Act, cast: Cast, say: Say) -> Contribution:
    """The contribution for `act`: the one that is there from an earlier telling, or a new one."""
    earlier = Contribution.objects.filter(kind=act.kind, subject__iexact=act.repo_id).first()
    if earlier:
        return earlier
    author: User = getattr(cast, act.author)
    known = proposals.prefill(kind=act.kind, repo_id=act.repo_id)
    payload = {**known.payload, **act.corrections}
    if act.baseline:
        payload |= change_of(act)
    elif act.relation:
        payload["edges"] = [
            edge if edge.get("is_dataset") else {**edge, "relation": act.relation}
            for edge in payload["edges"]
        ]
    contribution = submit(
        author=author, kind=act.kind, payload=payload, note=act.note, sign_off=True
    )
    say(f"{author.username} submitted #{contribution.number}, {contribution.title}")
    return contribution


def change_of(act: Act) -> dict[str, Any]:
    """What differs from the baseline, as both were really trained, and the logs that training wrote."""
    toys = settings.STATE_DIR / "toys"
    before, after = (configuration(BY_NAME[name]) for name in (act.baseline, act.repo_id))
    return {
        "track": "algorithm",
        "relation": act.relation,
        "baseline": act.baseline,
        "hypothesis": act.hypothesis,
        "configuration": [{"path": "training.yaml", "before": before, "after": after}],
        "mix": [{"dataset": DATASET, "before": 100, "after": 100}],
        "baseline_curve": (toys / act.baseline / LOG).read_text("utf-8"),
        "changed_curve": (toys / act.repo_id / LOG).read_text("utf-8"),
        "seed": BY_NAME[act.repo_id].training["seed"],
        "hardware": "this machine's CPU, one thread",
    }


def close_act(act: Act, contribution: Contribution, cast: Cast, say: Say) -> None:
    """Review and merge, as the script says, from wherever the contribution stands."""
    if not contribution.is_live:
        return
    wait_for_checks(contribution)
    if act.ending in {"request_changes", "revise_and_merge"} and contribution.state == "open":
        if contribution.head == 1:
            ask_for_changes(act, contribution, cast, say)
        if act.ending == "request_changes":
            return
    if act.ending == "revise_and_merge" and contribution.head == 1:
        newest = contribution.versions.get(number=1).payload
        revise(
            actor=contribution.author,
            contribution=contribution,
            payload={**newest, **act.revision},
            note="Said what it is, as asked.",
            head=1,
            sign_off=True,
        )
        contribution.refresh_from_db()
        wait_for_checks(contribution)
    if act.ending in {"merge", "revise_and_merge"}:
        approve_and_merge(act, contribution, cast, say)


def ask_for_changes(act: Act, contribution: Contribution, cast: Cast, say: Say) -> None:
    review(
        reviewer=cast.reviewer,
        contribution=contribution,
        head=contribution.head,
        verdict="request_changes",
        body=act.review,
    )
    contribution.refresh_from_db()
    say(f"{cast.reviewer.username} asked for changes on #{contribution.number}")


def approve_and_merge(act: Act, contribution: Contribution, cast: Cast, say: Say) -> None:
    if contribution.state == "open":
        review(
            reviewer=cast.reviewer,
            contribution=contribution,
            head=contribution.head,
            verdict="approve",
            body=act.review if act.ending == "merge" else "Thank you.",
        )
        contribution.refresh_from_db()
    merge(actor=cast.maintainer, contribution=contribution, head=contribution.head)
    contribution.refresh_from_db()
    say(f"{cast.maintainer.username} merged #{contribution.number}, {contribution.title}")


def wait_for_checks(contribution: Contribution) -> None:
    def settled() -> bool:
        head = Check.objects.filter(
            version__contribution=contribution, version__number=contribution.head
        )
        return not head.filter(state__in=["queued", "running"]).exists()

    wait_until(settled, f"the checks of #{contribution.number}")


def watch_runs(say: Say) -> None:
    told = -1

    def measured() -> bool:
        nonlocal told
        left = Run.objects.live().filter(queue="cpu").count()
        if left != told:
            told = left
            say(f"{left} evaluations to go" if left else "every evaluation has ended")
        return not left

    wait_until(measured, "the evaluations")


def vary_batches(say: Say) -> None:
    """What the batch size does to the board's recipes, so that their pages say it. Once."""
    for recipe in Recipe.objects.filter(boards__slug=BOARD, boards__current=True, sensitivity={}):
        score = recipe.scores.select_related("checkpoint__variant").order_by("pk").first()
        if score is None:
            continue
        try:
            found = measure_sensitivity(recipe=recipe, checkpoint=score.checkpoint)
        except (Refusal, HarnessFailure, OriginError) as error:
            say(f"what the batch size does to {recipe} was not measured: {error}")
            continue
        changed = {size: row["changed"] for size, row in found["batch_size"].items()}
        say(f"outcomes of {recipe} that change with the batch size: {changed}")


def wait_until(done: Callable[[], bool], what: str) -> None:
    """Poll the rows, which are the truth. Raises CommandError after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise CommandError(f"{what} did not end within {PATIENCE:.0f} s; are workers running?")
        time.sleep(0.5)
