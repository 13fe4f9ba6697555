"""Judge every score of a claimed rescoring again, move the boards, say what moved.

One score at a time, each with its row in a transaction of its own that the lease guards: whatever is
killed, the next worker goes on behind the last one, and no score is made twice.
"""

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from evaluations.actions.mark_stale import mark_stale
from evaluations.actions.put_back_rescoring import put_back_rescoring
from evaluations.actions.rank import rank_board
from evaluations.actions.record import check_report, write_score
from evaluations.actions.swap_columns import swap_columns
from evaluations.answers.keeping import keep_measured
from evaluations.harness.protocol import HarnessFailure, Measurement
from evaluations.harness.registry import get_harness
from evaluations.judging import judge
from evaluations.models import Board, Recipe, Rescoring, RunItem, Score, Worker
from evaluations.rescored import moves
from evaluations.rescoring import RESCORINGS, is_here
from hub.lease import Keeper
from hub.origins.errors import Cancelled
from hub.state import IllegalMove

logger = logging.getLogger(__name__)

# Seconds between two looks at whether somebody cancelled.
LOOK = 0.5
# What this machine or a passing trouble is to blame for; everything else is said of the score.
PASSING = frozenset({"unavailable", "disk_full"})


class Lost(Exception):
    """Cancelled, or somebody else's by now: nothing may be written any more."""


def claim_rescoring(*, worker: str) -> Rescoring | None:
    """The one that has waited longest, now held by `worker`; None where none waits or it drains."""
    if Worker.objects.filter(name=worker, draining=True).exists():
        return None
    with transaction.atomic():
        waiting = Rescoring.objects.filter(state="queued").order_by("pk")
        found: Rescoring | None = waiting.select_for_update(skip_locked=True).first()
        if found is not None:
            found.claim("running", worker=worker)
    return found and RESCORINGS.get(pk=found.pk)


def rescore(rescoring: Rescoring) -> None:
    """Bring `rescoring`, just claimed, to its end: done, failed, or back in the queue. Raises nothing
    for what can go wrong with answers, tasks or a machine."""
    folder = settings.STATE_DIR / "rescorings" / f"{rescoring.pk}-{rescoring.lease_token}"
    for left in folder.parent.glob(f"{rescoring.pk}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with Keeper(rescoring) as keeper:
        judging = _Judging(rescoring, keeper, folder)
        try:
            judging.all_scores()
            judging.boards()
        except (Lost, Cancelled, IllegalMove) as reason:
            logger.warning("rescoring %s is not ours any more: %s", rescoring.pk, reason)
        except HarnessFailure as failure:
            put_back_rescoring(rescoring, why=failure.message)
        except DatabaseError:
            # The lease runs out, and the sweeper knows better than we do now.
            logger.exception("rescoring %s: the database does not take our writes", rescoring.pk)
        except Exception as error:
            logger.exception("rescoring %s failed by a mistake of the hub", rescoring.pk)
            why = f"The hub made a mistake of its own ({type(error).__name__})."
            put_back_rescoring(rescoring, why=why)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Judging:
    """One attempt. What earlier ones found stands in the scores and in the report."""

    def __init__(self, rescoring: Rescoring, keeper: Keeper, folder: Path) -> None:
        self.rescoring = rescoring
        self.keeper = keeper
        self.folder = folder
        self.old, self.new = rescoring.from_recipe, rescoring.to_recipe
        self.report: dict[str, Any] = {"refused": [], "anew": [], **rescoring.report}
        self._looked = 0.0
        self._stopped = False

    def all_scores(self) -> None:
        """Raises HarnessFailure where the last of them met a trouble that may pass."""
        self._require_scorer()
        passing = None
        for score in self._waiting():
            try:
                self._one(score)
            except HarnessFailure as failure:
                if self._must_stop():
                    raise Lost from failure
                if failure.code in PASSING:
                    passing = failure
                else:
                    self._tell("refused", score, self._said_openly(failure))
        if passing is not None:
            raise passing

    def _said_openly(self, failure: HarnessFailure) -> str:
        """Reports are everybody's; what a scorer's own code says as it breaks may quote an answer."""
        if failure.code == "harness_crashed" and self.new.benchmark_version.confidential:
            return "The scorer breaks on its answers."
        return failure.message

    def boards(self) -> None:
        """Where scores were made: the boards go to the new recipe, are ranked, and are held against
        what they were. A kill in between leaves nothing half: the pairs are written with the boards."""
        made = Score.objects.filter(recipe=self.new, rescore_of__recipe=self.old)
        if not made.exists():
            self._end("failed", failure_message=f"No score could be made. {self._first_reason()}")
            return
        if "pairs" not in self.report:
            for board in Board.objects.filter(columns__recipe=self.old):
                rank_board(board)
            with transaction.atomic():
                pairs = swap_columns(old=self.old, new=self.new)
                self.report["pairs"] = [[before.pk, after.pk] for before, after in pairs]
                self._write()
        known = Board.objects.in_bulk({pk for pair in self.report["pairs"] for pk in pair})
        told = [(known[before], known[after]) for before, after in self.report["pairs"]]
        for _, after in told:
            rank_board(after)
        self.report |= moves(self.old, self.new, told)
        self._end("done", failure_message="")

    def _end(self, state: str, **changes: Any) -> None:
        self.rescoring.move(
            state,
            guard=self.rescoring.lease,
            report=self.report,
            lease_until=None,
            finished_at=Now(),
            **changes,
        )

    def _first_reason(self) -> str:
        told = [*self.report["refused"], *self.report["anew"]]
        return str(told[0]["why"]) if told else ""

    def _require_scorer(self) -> None:
        version = self.new.benchmark_version
        found = get_harness(version.harness, settings.HARNESS_PYTHON).versions()
        if found.get(version.harness) != self.new.harness_version:
            message = f"This worker has no {version.harness} {self.new.harness_version}."
            raise HarnessFailure("unavailable", message)
        if not is_here(version):
            message = f"This worker has other files than those of {version}."
            raise HarnessFailure("unavailable", message)

    def _waiting(self) -> Iterator[Score]:
        """Scores that nobody judged yet, one at a time: with their samples they may be large."""
        seen = {told["score"] for name in ("refused", "anew") for told in self.report[name]}
        scores = Score.objects.filter(recipe=self.old, metric=self.old.benchmark_version.metric)
        left = scores.exclude(Q(rescores__recipe=self.new) | Q(pk__in=seen)).order_by("pk")
        details = Score.objects.select_related(
            "run", "checkpoint__variant", "checkpoint__base__variant", "samples"
        ).defer("samples__outcomes", "samples__doc_hashes", "samples__weights", "samples__clusters")
        for pk in list(left.values_list("pk", flat=True)):
            yield details.get(pk=pk)

    def _one(self, score: Score) -> None:
        if why := self._measured_anew(score):
            self._tell("anew", score, why)
            return
        report = judge(score, self.new, self.folder, cancelled=self._must_stop)
        check_report(report, {self.new.digest: self.new})
        [found] = report.measurements
        found = replace(found, also={**_cut_off(score, self.new), **found.also})
        self._record(score, found, keep_measured(found))

    def _measured_anew(self, score: Score) -> str:
        """Why there is nothing to do: a run of the new recipe asks, or has asked, the model itself."""
        items = RunItem.objects.filter(
            recipe=self.new, checkpoint_digest=score.checkpoint_digest, live=True
        )
        run = items.values_list("run", flat=True).first()
        return f"Run {run} measures it under the new recipe." if run is not None else ""

    def _record(self, score: Score, found: Measurement, raw_sha256: str) -> None:
        """Beside the old score. The item on the run holds the place, so that nobody measures it again;
        where a run was quicker, its score counts."""
        with transaction.atomic():
            self._hold()
            try:
                with transaction.atomic():
                    RunItem.objects.create(
                        run=score.run, recipe=self.new, checkpoint_digest=score.checkpoint_digest
                    )
            except IntegrityError:
                self._tell("anew", score, self._measured_anew(score))
                return
            write_score(score.run, self.new, found, raw_sha256, rescore_of=score)
            self._write(done=self.rescoring.done + 1)
            mark_stale([self.new])

    def _hold(self) -> None:
        """Nobody can cancel, sweep or claim it until this transaction ends."""
        mine = Rescoring.objects.select_for_update(of=("self",))
        if not mine.filter(pk=self.rescoring.pk, state="running", **self.rescoring.lease).exists():
            raise Lost("it is held by nobody or by another")

    def _tell(self, name: str, score: Score, why: str) -> None:
        told = {
            "score": score.pk,
            "variant": str(score.checkpoint.variant),
            "commit": score.checkpoint.commit[:12],
            "why": why,
        }
        self.report[name] = [*self.report[name], told]
        self._write(done=self.rescoring.done + 1)

    def _write(self, **changes: Any) -> None:
        if not self.rescoring.renew(report=self.report, **changes):
            raise Lost("it is held by nobody or by another")
        for name, value in changes.items():
            setattr(self.rescoring, name, value)

    def _must_stop(self) -> bool:
        """Asked four times a second by the harness."""
        now = time.monotonic()
        if not self._stopped and now - self._looked >= LOOK:
            self._looked = now
            mine = Rescoring.objects.filter(pk=self.rescoring.pk, state="running")
            self._stopped = not mine.filter(**self.rescoring.lease).exists()
        return self._stopped or self.keeper.lost.is_set()


def _cut_off(score: Score, recipe: Recipe) -> dict[str, float]:
    """The share of answers that were cut off: a fact of the answers, which takes a tokenizer to find."""
    told = [value for name, value in score.also.items() if name.startswith("truncated,")]
    return {f"truncated,{recipe.benchmark_version.filter}": told[0]} if told else {}
