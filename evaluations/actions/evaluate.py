"""Measure one claimed run: fetch, prepare, run, score. Called by a worker that holds its lease."""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from evaluations.actions.fail import Failure, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.record import record_run
from evaluations.actions.watch import Watch
from evaluations.bases import lay_out, parts_of
from evaluations.harness.process import LOG
from evaluations.harness.protocol import HarnessFailure, Progress, Report
from evaluations.harness.registry import get_harness
from evaluations.jobs import HarnessJob, jobs_of
from evaluations.models import Run
from evaluations.models.run import Whose
from evaluations.resuming import forget_ended_runs
from hub.lease import Keeper
from hub.lending import sponsors_of, with_tokens_of
from hub.origins.errors import Cancelled, OriginError
from hub.origins.fetch import fetch_checkpoint
from hub.state import IllegalMove

logger = logging.getLogger(__name__)

# Where the harness is when no request of the model has been made yet: our state is `preparing`.
BEFORE_THE_MODEL = frozenset({"start", "preflight", "import"})
# The harness's word for a step -> the state that pages and the API know.
STAGES = {"preflight": "preparing", "import": "preparing", "results": "scoring"}


def evaluate(run: Run) -> None:
    """Bring `run`, just claimed, to its end: published, failed, cancelled, or back in the queue.

    Nothing is raised for what can go wrong with a checkpoint, an origin or a harness. When the lease
    is lost the child is killed at once and nothing more is written.
    """
    folder = work_folder(run)
    forget_ended_runs()
    with Keeper(run) as keeper:
        watch = Watch(run, keeper)
        try:
            _Measuring(run, watch, folder).all_stages()
        except IllegalMove as refused:
            _stopped_while_moving(run, watch, refused)
        except Cancelled:
            _give_up(run, watch, _own_failure("Cancelled."))
        except OriginError as error:
            _give_up(run, watch, _origin_failure(error))
        except HarnessFailure as failure:
            _give_up(run, watch, _harness_failure(failure, run))
        except DatabaseError:
            # The lease runs out or is renewed; either way the sweeper knows better than we do now.
            logger.exception("run %s: the database does not take our writes", run.pk)
            _give_up(run, watch, _own_failure("The hub could not write to its database."))
        except Exception as error:
            logger.exception("run %s failed by a mistake of the hub", run.pk)
            message = f"The hub made a mistake of its own ({type(error).__name__})."
            _give_up(run, watch, _own_failure(message))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            forget_ended_runs()


def work_folder(run: Run) -> Path:
    """STATE_DIR/runs/<run>-<lease token>: no two holders ever share one."""
    return settings.STATE_DIR / "runs" / f"{run.pk}-{run.lease_token}"


class _Measuring:
    """The four stages of one attempt and the seconds each took."""

    def __init__(self, run: Run, watch: Watch, folder: Path) -> None:
        self.run = run
        self.watch = watch
        self.folder = folder
        self.parts = parts_of(run.checkpoint, run.recipes.all())
        self.timings: dict[str, float] = {}
        self._since = time.monotonic()
        self._job, self._jobs = 0, 1

    def all_stages(self) -> None:
        _remove_leftovers(self.run)
        self._fetch()
        self._enter("preparing")
        self.folder.mkdir(parents=True)
        with _disk_full_named():
            checkpoint, base = lay_out(self.parts, self.folder, fetch=self._fetch)
            jobs = jobs_of(self.run, checkpoint, base)
        self._jobs = len(jobs)
        reports = [self._run_job(each, number) for number, each in enumerate(jobs)]
        if self.run.state == "preparing":
            self._enter("running")
        self._enter("scoring")
        report = _joined(reports)
        self.timings |= {f"harness.{name}": value for name, value in report.timings.items()}
        record_run(self.run, report, timings=self.timings)

    def _fetch(self) -> None:
        for part in self.parts:
            # A gate opens for who asked for the run, or brought the variant, where they lent a token.
            with_tokens_of(
                {self.run.requested_by_id, *sponsors_of(part.variant)},
                part.variant.repo_id,
                partial(
                    fetch_checkpoint,
                    part,
                    on_progress=self._fetched,
                    cancelled=self.watch.must_stop,
                ),
            )

    def _fetched(self, done: int, total: int) -> None:
        self.watch.tell(Progress(stage="fetching", phase="bytes", done=done, total=total))

    def _run_job(self, each: HarnessJob, number: int) -> Report:
        try:
            harness = get_harness(each.harness, settings.HARNESS_PYTHON)
        except KeyError:
            message = f"This worker has no harness called {each.harness}."
            raise HarnessFailure("unavailable", message) from None
        found = harness.versions().get(each.harness)
        if found != each.version:
            message = f"The recipe is for {each.harness} {each.version}; this worker has {found}."
            raise HarnessFailure("unavailable", message)
        workdir = self.folder / f"job-{number}"
        with _disk_full_named():
            workdir.mkdir()
            self.watch.log = workdir / LOG
            self._job = number
            if each.job.resume is not None:
                each.job.resume.mkdir(mode=0o700, parents=True, exist_ok=True)
            return harness.evaluate(
                each.job, workdir, on_progress=self._heard, cancelled=self.watch.must_stop
            )

    def _heard(self, progress: Progress) -> None:
        if self.run.state == "preparing" and progress.stage not in BEFORE_THE_MODEL:
            self._enter("running")
        of_all = progress.fraction and (self._job + progress.fraction) / self._jobs
        self.watch.tell(replace(progress, fraction=of_all))

    def _enter(self, state: str) -> None:
        now = time.monotonic()
        self.timings[self.run.state] = round(now - self._since, 3)
        self._since = now
        move_run(self.run, state)


@contextmanager
def _disk_full_named() -> Iterator[None]:
    """What the worker itself cannot write, under the same name as what its child cannot write."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        message = f"The worker cannot write its files ({error.strerror})."
        raise HarnessFailure("disk_full", message) from error


def _joined(reports: list[Report]) -> Report:
    """One report of several jobs: seconds add up, the rest is that of the last job that says it."""
    timings: dict[str, float] = {}
    for report in reports:
        for name, seconds in report.timings.items():
            timings[name] = round(timings.get(name, 0.0) + seconds, 3)
    return Report(
        measurements=tuple(each for report in reports for each in report.measurements),
        versions={k: v for report in reports for k, v in report.versions.items()},
        hardware={k: v for report in reports for k, v in report.hardware.items()},
        timings=timings,
        warnings=tuple(dict.fromkeys(each for report in reports for each in report.warnings)),
    )


def _stopped_while_moving(run: Run, watch: Watch, refused: IllegalMove) -> None:
    """A cancel that came between the last look and the move; or the run is somebody else's."""
    asked = Run.objects.filter(pk=run.pk, **run.lease, cancel_asked=True).exists()
    if asked and refused.current in Run.HELD_STATES:
        run.state = str(refused.current)
        _give_up(run, watch, _own_failure("Cancelled."))
    else:
        logger.warning("run %s is not ours any more: %s", run.pk, refused)


def _give_up(run: Run, watch: Watch, failure: Failure) -> None:
    if watch.lost:
        logger.warning("run %s: the lease was lost; nothing is written", run.pk)
        return
    try:
        fail_run(run, failure)
    except IllegalMove as refused:
        logger.warning("run %s is not ours any more: %s", run.pk, refused)


def _origin_failure(error: OriginError) -> Failure:
    return Failure(
        code=error.code,
        message=error.message,
        whose=error.whose,
        retryable=error.retryable,
        retry_after=error.retry_after or 0.0,
    )


def _harness_failure(failure: HarnessFailure, run: Run) -> Failure:
    return Failure(
        code=failure.code,
        message=failure.message,
        whose=failure.whose,
        retryable=failure.retryable,
        stage=STAGES.get(failure.stage, run.state),
        log_tail=failure.log_tail,
    )


def _own_failure(message: str) -> Failure:
    return Failure(code="hub_error", message=message, whose=Whose.HUB, retryable=True)


def _remove_leftovers(run: Run) -> None:
    """Folders of earlier holders of this run that were killed on this machine."""
    for folder in (settings.STATE_DIR / "runs").glob(f"{run.pk}-*"):
        shutil.rmtree(folder, ignore_errors=True)
