"""Twelve cases that systems of this kind got wrong. Each failed for at least one of them.

What a file of its own holds is named here, and has to be there; the rest follows below.
"""

import ast
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from evaluations.actions.cancel import cancel_run
from evaluations.actions.rank import rank_board
from evaluations.actions.record import record_run
from evaluations.actions.request import request_runs
from evaluations.models import Run, Score
from evaluations.permissions import MOST_WAITING
from hub.models import Checkpoint, ModelVariant, User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.evaluations.actions.test_record import report_for, scoring_run
from tests.factories import make_board, make_checkpoint, make_recipe, make_score
from tests.running import ROOT, fast_recipe, stored_checkpoint
from tests.threads import at_once

HERE = "flows/test_conformance.py"
CASES = {
    "1 the oldest of 20,000 has the best score": [
        f"{HERE}::test_the_oldest_of_twenty_thousand_with_the_best_score_is_first"
    ],
    "2 a finished entry without the metric": [
        "evaluations/test_leaderboards.py::test_what_is_incomplete_stands_below_every_rank",
        "evaluations/actions/test_rank.py::test_a_missing_score_means_no_rank_and_no_average_but_a_row",
    ],
    "3 the same result twice, or late": [
        "evaluations/actions/test_record.py::test_a_second_delivery_of_the_same_result_changes_nothing",
        "evaluations/actions/test_record.py::test_a_worker_whose_lease_was_taken_records_nothing",
    ],
    "4 what is no number": [
        "evaluations/actions/test_record.py::test_what_is_no_number_inside_the_bounds_is_refused_by_name",
        "evaluations/harness/test_results.py::test_what_is_not_a_proper_number_is_refused",
        "evaluations/actions/test_rank.py::test_the_database_refuses_what_is_no_number",
    ],
    "5 lower is better, and missing": [
        "evaluations/actions/test_rank.py::test_lower_is_better_ranks_the_lowest_first_and_the_missing_never"
    ],
    "6 ties": [
        "evaluations/actions/test_rank.py::test_ties_share_a_rank_and_the_next_rank_is_left_out",
        "evaluations/test_leaderboards.py::test_ties_are_stable_across_pages",
    ],
    "7 an arrival while somebody pages": [
        "evaluations/test_leaderboards.py::test_an_arrival_between_two_pages_repeats_and_skips_nobody"
    ],
    "8 kill -9 in each stage": [
        "flows/test_workers.py::test_a_worker_killed_in_every_stage_loses_nothing"
    ],
    "9 a cancel that races the end": [f"{HERE}::test_a_cancel_racing_the_end_has_one_outcome"],
    "10 parallel requests against a quota": [
        f"{HERE}::test_of_many_requests_at_once_exactly_the_quota_waits",
        "contributions/test_quota.py::test_twenty_parallel_submissions_against_a_quota_of_five_give_exactly_five",
    ],
    "11 strangers at every door": [
        "test_access.py::test_everybody_gets_through_to_what_the_table_says_and_to_nothing_else"
    ],
    "12 an origin's faults have their own reasons": [
        "hub/origins/test_huggingface.py::test_every_status_has_its_own_reason",
        "hub/origins/test_fetch.py::test_each_fault_ends_in_its_own_reason",
        "flows/test_faults.py::test_an_origin_that_misbehaves_is_named",
    ],
}


@pytest.mark.parametrize("name", [name for names in CASES.values() for name in names])
def test_the_case_is_held_by_a_test(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


STANDINGS = 20_000


def crowd(first: Score) -> None:
    """Newer than `first`, and all worse."""
    variants = ModelVariant.objects.bulk_create(
        ModelVariant(owner="crowd", name=f"n-{number}", repo_id=f"crowd/n-{number}")
        for number in range(STANDINGS)
    )
    checkpoints = Checkpoint.objects.bulk_create(
        Checkpoint(variant=each, commit="c", files=[], digest=each.name, weights_digest="", size=1)
        for each in variants
    )
    Score.objects.bulk_create(
        Score(
            run=first.run,
            checkpoint=each,
            checkpoint_digest=each.digest,
            recipe=first.recipe,
            metric=first.metric,
            value=0.3 + 0.6 * number / STANDINGS,
            stderr=0.01,
            n=500,
        )
        for number, each in enumerate(checkpoints)
    )
    with connection.cursor() as cursor:  # as autovacuum does outside of a test's transaction
        cursor.execute("ANALYZE")


@pytest.mark.django_db
def test_the_oldest_of_twenty_thousand_with_the_best_score_is_first(client: Client) -> None:
    recipe = make_recipe()
    board = make_board("crowded", [recipe])
    oldest = make_score(make_checkpoint(), recipe, 1.0, stderr=0.001)
    crowd(oldest)
    rank_board(board)
    found = client.get("/api/v1/boards/crowded/standings/?page_size=2").json()
    [first, second] = found["results"]
    assert first["variant"] == oldest.checkpoint.variant.full_name
    assert (first["rank"], second["rank"]) == (1, 2)
    board.refresh_from_db()
    assert board.size == STANDINGS + 1
    page = client.get("/boards/crowded/").content.decode()
    assert page.index(oldest.checkpoint.variant.name) < page.index(f"n-{STANDINGS - 1}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(6))
def test_a_cancel_racing_the_end_has_one_outcome(cleo: User, number: int, tmp_path: Path) -> None:
    """Either the cancel came first and nothing is published, or the run had ended and says so."""
    run = scoring_run()
    report = report_for(run, tmp_path)

    def act(which: int) -> str:
        try:
            if which == number % 2:
                record_run(run, report, timings={})
                return "published"
            cancel_run(actor=cleo, run=Run.objects.get(pk=run.pk))
        except IllegalMove:
            return "too late"
        return "cancel asked"

    done = at_once(2, act)
    row = Run.objects.get(pk=run.pk)
    if "published" in done:
        assert (row.state, sorted(done)) == ("published", ["published", "too late"])
    else:
        assert (row.state, row.cancel_asked) == ("scoring", True)
        assert sorted(done) == ["cancel asked", "too late"]
    assert Score.objects.filter(run=run).count() == (1 if row.state == "published" else 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_exactly_the_quota_waits(ann: User) -> None:
    recipe = fast_recipe()
    checkpoints = [stored_checkpoint(f"flood {number}") for number in range(MOST_WAITING + 12)]

    def ask(number: int) -> str:
        try:
            request_runs(actor=ann, checkpoint=checkpoints[number], recipes=[recipe])
        except Refusal as refusal:
            return refusal.code
        return "asked"

    answers = at_once(len(checkpoints), ask)
    assert answers.count("asked") == MOST_WAITING
    assert answers.count("too_many_waiting") == 12
    assert Run.objects.filter(requested_by=ann, state="queued").count() == MOST_WAITING
