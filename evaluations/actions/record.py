"""Write what was measured: all of it, once, or nothing."""

import math
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from evaluations import agreement
from evaluations.actions.follow import let_follow
from evaluations.actions.learn_pace import learn_pace
from evaluations.actions.mark_stale import mark_stale
from evaluations.actions.move import move_run
from evaluations.answers.keeping import keep_measured
from evaluations.harness.protocol import FAILURES, HarnessFailure, Measurement, Report
from evaluations.models import Recipe, Replication, Run, Samples, Score
from evaluations.models.run import Purpose

# The database may be away for as long as a lease lasts; after that the run is not ours anyway.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0


def record_run(run: Run, report: Report, *, timings: Mapping[str, Any]) -> None:
    """Scores (of a replication: what it came to), samples and what they were made with; the run is
    published. One transaction, guarded by state, attempt and lease token, and by nobody having asked
    to cancel.

    Raises HarnessFailure for a report that does not answer what was asked, IllegalMove when the run
    is not ours any more. An answer to COMMIT that got lost is found by looking for our own row.
    """
    recipes = {item.recipe.digest: item.recipe for item in _items(run)}
    check_report(report, recipes)
    raw = {
        # Answers of a replication are compared and not kept.
        each.recipe_digest: "" if _is_replication(run) else keep_measured(each)
        for each in report.measurements
    }
    gives_up = time.monotonic() + settings.LEASE_SECONDS
    pause = FIRST_PAUSE
    while True:
        try:
            _write(run, report, recipes, raw, timings)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > gives_up:
                raise
            connection.close()
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            if _is_written(run):
                return


def check_report(report: Report, recipes: Mapping[str, Recipe]) -> None:
    """Every recipe answered exactly once, by a finite number inside the benchmark's bounds."""
    answered = sorted(each.recipe_digest for each in report.measurements)
    if answered != sorted(recipes):
        raise _refused("bad_output", "The harness did not answer each recipe exactly once.")
    for each in report.measurements:
        _check_measurement(each, recipes[each.recipe_digest])


def _check_measurement(each: Measurement, recipe: Recipe) -> None:
    version = recipe.benchmark_version
    named = f"{each.metric} on {version}"
    if each.metric != version.metric:
        raise _refused("bad_output", f"{named}: {version.metric} was asked for.")
    numbers = (each.value, *(() if each.stderr is None else (each.stderr,)), *each.outcomes)
    for number in numbers:
        if not isinstance(number, int | float) or not math.isfinite(number):
            raise _refused("not_finite", f"{named} is {number}, not a finite number.")
    if each.stderr is not None and each.stderr < 0:
        raise _refused("bad_output", f"{named} has a negative standard error.")
    low, high = version.lower_bound, version.upper_bound
    if (low is not None and each.value < low) or (high is not None and each.value > high):
        bounds = f"{'-∞' if low is None else f'{low:g}'} to {'∞' if high is None else f'{high:g}'}"
        raise _refused("out_of_bounds", f"{named} is {each.value:g}, outside {bounds}.")
    if each.n < 1 or (each.outcomes and len(each.outcomes) != len(each.doc_hashes)):
        raise _refused("bad_output", f"{named}: outcomes and documents do not match.")
    if each.clusters is not None and len(each.clusters) != len(each.doc_hashes):
        raise _refused("bad_output", f"{named}: clusters and documents do not match.")


def _items(run: Run) -> Any:
    return run.items.select_related("recipe__benchmark_version__benchmark")


def _write(
    run: Run,
    report: Report,
    recipes: Mapping[str, Recipe],
    raw: Mapping[str, str],
    timings: Mapping[str, Any],
) -> None:
    state = run.state
    try:
        with transaction.atomic():
            move_run(
                run,
                "published",
                guard={"cancel_asked": False},
                finished_at=Now(),
                lease_until=None,
                versions=report.versions,
                hardware=report.hardware,
                timings=dict(timings),
                warnings=list(report.warnings),
                failure_stage="",
                failure_code="",
                failure_message="",
                failure_whose="",
            )
            for each in report.measurements:
                recipe = recipes[each.recipe_digest]
                if _is_replication(run):
                    _write_replication(run, recipe, each)
                else:
                    write_score(run, recipe, each, raw[each.recipe_digest])
            if not _is_replication(run):
                mark_stale(recipes.values())
            measured = [recipes[each.recipe_digest].pk for each in report.measurements]
            learn_pace(run, measured, report.measurements)
            let_follow(run)
    except BaseException:
        # The row was rolled back; so must be what this object says of it, for the next try.
        run.state = state
        raise


def write_score(
    run: Run,
    recipe: Recipe,
    each: Measurement,
    raw_sha256: str,
    *,
    rescore_of: Score | None = None,
) -> None:
    """In the caller's transaction. `rescore_of`: the score whose answers were judged again."""
    score = Score.objects.create(
        run=run,
        checkpoint=run.checkpoint,
        checkpoint_digest=run.checkpoint.digest,
        recipe=recipe,
        metric=each.metric,
        value=each.value,
        stderr=each.stderr,
        stderr_kind=each.stderr_kind,
        n=each.n,
        clusters=None if each.clusters is None else len(set(each.clusters)),
        # Beside the number that was asked for; one that is not finite says nothing.
        also={name: value for name, value in each.also.items() if math.isfinite(value)},
        task_hash=each.task_hash[:64],
        rescore_of=rescore_of,
    )
    Samples.objects.create(
        score=score,
        outcomes=list(each.outcomes),
        doc_hashes=list(each.doc_hashes),
        weights=None if each.weights is None else list(each.weights),
        clusters=None if each.clusters is None else list(each.clusters),
        raw_sha256=raw_sha256,
    )


def _is_replication(run: Run) -> bool:
    return run.purpose == Purpose.REPLICATE


def _write_replication(run: Run, recipe: Recipe, each: Measurement) -> None:
    """Beside the score that is known; that one stays as it is."""
    score = Score.objects.select_related("samples").get(
        checkpoint_digest=run.checkpoint.digest, recipe=recipe, metric=each.metric
    )
    kept = getattr(score, "samples", None)
    known = agreement.Measured(
        score.value,
        score.stderr,
        kept.outcomes if kept else (),
        kept.doc_hashes if kept else (),
    )
    again = agreement.Measured(
        each.value, each.stderr, each.outcomes, each.doc_hashes if each.outcomes else ()
    )
    Replication.objects.create(
        score=score,
        run=run,
        value=each.value,
        stderr=each.stderr,
        n=each.n,
        changed=agreement.changed(known, again),
        agrees=agreement.agrees(known, again),
        requested_by=run.requested_by,
    )


def _is_written(run: Run) -> bool:
    """Whether our own COMMIT arrived although its answer did not."""
    try:
        return Run.objects.filter(pk=run.pk, state="published", **run.lease).exists()
    except (OperationalError, InterfaceError):
        connection.close()
        return False


def _refused(code: str, message: str) -> HarnessFailure:
    assert code in FAILURES  # noqa: S101
    return HarnessFailure(code, message, stage="scoring")
