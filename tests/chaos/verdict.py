"""What the rows say against us when everything has calmed down."""

import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from evaluations.harness.protocol import Job, TaskSpec
from evaluations.models import Run, RunEvent, RunItem, Score
from hub import store
from tests.fast_harness import FastHarness


def complaints(asked: Iterable[int], cancelled: Collection[int]) -> list[str]:
    """Every answered request is there, ended once, with one set of scores that nothing disturbed."""
    states = dict(Run.objects.values_list("pk", "state"))
    scores = Counter(Score.objects.values_list("run_id", flat=True))
    items = Counter(RunItem.objects.values_list("run_id", flat=True))
    bad = [f"run {pk} was lost" for pk in asked if pk not in states]
    for pk, state in states.items():
        wanted = {"published"} | ({"cancelled"} if pk in cancelled else set())
        if state not in wanted:
            bad.append(f"run {pk} ended {state}: {Run.objects.get(pk=pk).failure_message}")
        if scores[pk] != (items[pk] if state == "published" else 0):
            bad.append(f"run {pk} {state} has {scores[pk]} scores")
        bad += _about_events(pk, list(RunEvent.objects.filter(run=pk).order_by("pk")))
    return bad + _other_numbers()


def _other_numbers() -> list[str]:
    """Scores that are not what the same harness says of the same bytes when nobody disturbs it."""
    bad = []
    scores = Score.objects.select_related("checkpoint", "recipe__benchmark_version", "samples")
    for score in scores:
        version = score.recipe.benchmark_version
        task = TaskSpec(
            recipe_digest=score.recipe.digest,
            task=version.task,
            metric=version.metric,
            filter=version.filter,
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store.default().lay_out(score.checkpoint.files, folder / "checkpoint")
            report = FastHarness(folder).evaluate(
                Job(checkpoint_path=folder / "checkpoint", tasks=(task,)),
                folder,
                on_progress=lambda _: None,
                cancelled=lambda: False,
            )
        [calm] = report.measurements
        if (calm.value, list(calm.outcomes)) != (score.value, score.samples.outcomes):
            bad.append(f"score {score.pk} is {score.value}, undisturbed {calm.value}")
    return bad


def _about_events(pk: int, events: Sequence[RunEvent]) -> list[str]:
    """An unbroken chain of legal moves; attempts grow with each claim; one end, by the last claimant."""
    bad = []
    state = ""
    attempts = [
        event.attempt for event in events if event.to_state == "fetching" != event.from_state
    ]
    for event in events:
        if event.from_state != state:
            bad.append(f"run {pk}: {state} then {event.from_state} -> {event.to_state}")
        if state and event.to_state != state and event.to_state not in Run.MOVES[state]:
            bad.append(f"run {pk}: illegal {state} -> {event.to_state}")
        state = event.to_state
    ends = [event for event in events if event.to_state in Run.terminal_states()]
    if len(ends) != 1 or ends[0] is not events[-1]:
        bad.append(f"run {pk} ended {len(ends)} times")
    if attempts != sorted(set(attempts)):
        bad.append(f"run {pk}: attempts {attempts}")
    if ends and ends[-1].to_state == "published" and ends[-1].attempt != attempts[-1]:
        bad.append(f"run {pk} was published by attempt {ends[-1].attempt} of {attempts}")
    return bad


def recoveries(strikes: Iterable[tuple[str, datetime]]) -> dict[str, float]:
    """By fault: the longest time in seconds from a strike to the next published run."""
    published = sorted(RunEvent.objects.filter(to_state="published").values_list("at", flat=True))
    longest: dict[str, float] = {}
    for name, when in strikes:
        after = next((at for at in published if at > when), None)
        if after is not None:
            seconds = (after - when) / timedelta(seconds=1)
            longest[name] = round(max(longest.get(name, 0.0), seconds), 1)
    return longest
