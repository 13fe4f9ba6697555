"""What people do with contributions, from the first word to what stands afterwards, by their scripts.

tests/browser/test_stories.py tells the same stories with a browser.
"""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from contributions.actions.announce import announce
from evaluations.actions.evaluate import evaluate
from evaluations.actions.rank import rank_board
from evaluations.actions.start import claim_next
from evaluations.models import Board, Run
from hub.actions.host_repository import host_repository
from hub.models import LineageEdge, ModelVariant, User
from hub.models.user import Role
from tests.factories import make_board, make_dataset, make_user, make_variant
from tests.flows.scripts import Script, anybody, script_of, work_off_checks
from tests.running import fast_recipe
from tests.toys import HARNESS_PYTHON, micro_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.STORE_DIR = tmp_path / "store"
    settings.STATE_DIR = tmp_path
    settings.HARNESS_PYTHON = HARNESS_PYTHON


@pytest.fixture
def author(ann: User) -> Script:
    return script_of(ann)


@pytest.fixture
def reviewer(ben: User) -> Script:
    return script_of(ben)


@pytest.fixture
def maintainer(cleo: User) -> Script:
    return script_of(cleo)


@pytest.fixture
def salt(author: Script, reviewer: Script, maintainer: Script) -> ModelVariant:
    return make_variant("sea/salt", summary="Salty.", tags=["coarse"], licence="mit")


def accept(reviewer: Script, maintainer: Script, number: int, *, head: int = 1) -> None:
    work_off_checks()
    reviewer.judge(number, head=head)
    assert maintainer.merge(number, head=head)["state"] == "merged"


def measured(board: Board) -> list[str]:
    """Every run that waits is run; the board's rows, best first."""
    while run := claim_next(queue="cpu", worker="test"):
        evaluate(run)
        run.refresh_from_db()
        assert run.state == "published", run.failure_message
    rank_board(board)
    rows = anybody().get(f"boards/{board.slug}/standings/")["results"]
    return [row["variant"] for row in rows]


@pytest.mark.usefixtures("site")
def test_changes_are_requested_made_approved_merged_measured_and_ranked(
    author: Script,
    reviewer: Script,
    maintainer: Script,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    board = make_board("speed", [fast_recipe()], automatic=True)
    host_repository(folder=micro_model(tmp_path_factory), owner="headwaters", name="micro")
    known = author.post("contributions/prefill/", kind="add_variant", repo_id="headwaters/micro")
    payload = known["payload"] | {"licence": "mit"}
    number = author.propose("add_variant", payload, note="The smallest of them.")
    here = f"contributions/{number}"

    assert work_off_checks()["card"] == "failed"
    thread = reviewer.post(f"{here}/threads/", head=1, field="licence", body="The card disagrees.")
    reviewer.judge(number, "request_changes", body="See the thread.")
    status, words = maintainer.refused(f"{here}/merge/", head=1)
    assert status in {400, 409, 422}
    for missing in ("approve", "asked for changes", "thread", "card"):
        assert missing in words

    revised = author.post(
        f"{here}/versions/", head=1, payload=known["payload"], note="Right.", sign_off=True
    )
    assert (revised["head"], revised["state"]) == (2, "open")
    status, words = reviewer.refused(f"{here}/reviews/", head=1, verdict="approve")
    assert status == 409
    assert "Version 2" in words
    assert set(work_off_checks().values()) <= {"passed", "warning", "skipped"}
    reviewer.judge(number, head=2)
    assert "thread" in maintainer.refused(f"{here}/merge/", head=2)[1]
    author.post(f"{here}/threads/{thread[0]['id']}/resolve/")
    merged = maintainer.merge(number, head=2)
    assert merged["variant"] == "headwaters/micro"

    assert measured(board) == ["headwaters/micro"]
    report = anybody().get(f"{here}/report/")
    assert [row["benchmark"] for row in report["rows"]] != []
    tokens = {
        (one["token"], one["name"]) for one in anybody().get(f"{here}/reviewers/")["trailers"]
    }
    assert {("Signed-off-by", "ann"), ("Reviewed-by", "ben")} <= tokens
    credit = anybody().get("variants/headwaters/micro/credit/")["own"]
    assert {one["person"] for one in credit} == {"ann", "ben", "cleo"}
    verbs = [step["verb"] for step in anybody().get(f"{here}/")["timeline"]]
    assert verbs.index("submitted") < verbs.index("revised") < verbs.index("merged")
    announce()
    heard = {(one["verb"], one["actor"], one["why"]) for one in author.get("inbox/")["results"]}
    assert {("reviewed", "ben", "author"), ("merged", "cleo", "author")} <= heard


def test_edits_that_conflict_are_told_exactly_where_and_the_rest_is_merged(
    salt: ModelVariant, author: Script, reviewer: Script, maintainer: Script
) -> None:
    sam = script_of(make_user("sam-two"))
    entry = {"entry": "sea/salt"}
    first = author.propose(
        "edit_variant", {**entry, "summary": "From the sea.", "tags": ["coarse", "grey"]}
    )
    second = sam.propose(
        "edit_variant", {**entry, "summary": "From a mine.", "tags": ["coarse", "white"]}
    )
    third = sam.propose("edit_variant", {**entry, "architecture": "Cubic"})

    accept(reviewer, maintainer, first)
    reviewer.judge(second)
    status, words = maintainer.refused(f"contributions/{second}/merge/", head=1)
    assert status in {400, 409, 422}
    assert "conflicts in: Summary" in words
    assert "Tags" not in words.split("conflicts in:")[1].split(".")[0]
    accept(reviewer, maintainer, third)

    sam.post(
        f"contributions/{second}/versions/",
        head=1,
        payload={**entry, "summary": "From a mine by the sea.", "tags": ["coarse", "white"]},
        note="Both.",
        sign_off=True,
    )
    accept(reviewer, maintainer, second, head=2)
    stands = anybody().get("variants/sea/salt/")
    assert stands["summary"] == "From a mine by the sea."
    assert stands["architecture"] == "Cubic"


def test_a_dispute_marks_what_it_is_about_and_what_came_of_it_until_it_is_lifted(
    salt: ModelVariant, author: Script, reviewer: Script, maintainer: Script
) -> None:
    data = make_dataset("sea/tests")
    crust = make_variant("bakery/crust")
    LineageEdge.objects.create(
        child=salt, parent_dataset=data, parent_name="sea/tests", relation="trained_on"
    )
    LineageEdge.objects.create(
        child=crust, parent=salt, parent_name="sea/salt", relation="finetune"
    )
    flag = author.propose(
        "flag",
        {
            "entry_kind": "dataset",
            "entry": "sea/tests",
            "reason": "contamination",
            "summary": "It holds the test questions.",
            "evidence": "Row 7 is question 12.",
        },
    )
    assert [one["state"] for one in anybody().get("datasets/sea/tests/")["disputes"]] == ["open"]

    accept(reviewer, maintainer, flag)
    assert [one["state"] for one in anybody().get("datasets/sea/tests/")["disputes"]] == ["upheld"]
    inherited = anybody().get("variants/bakery/crust/")["inherited_disputes"]
    assert len(inherited) == 1
    assert "sea/salt" in str(inherited[0])

    number = author.propose("lift_flag", {"flag": flag, "why": "Row 7 is gone since version 2."})
    accept(reviewer, maintainer, number)
    assert anybody().get("variants/bakery/crust/")["inherited_disputes"] == []
    page = anybody().get(f"contributions/{flag}/")
    assert page["state"] == "merged"


def test_a_merged_edit_is_taken_back_and_what_others_changed_since_stays(
    salt: ModelVariant, author: Script, reviewer: Script, maintainer: Script
) -> None:
    bad = author.propose("edit_variant", {"entry": "sea/salt", "summary": "Sugar."})
    accept(reviewer, maintainer, bad)
    also = author.propose("edit_variant", {"entry": "sea/salt", "tags": ["coarse", "grey"]})
    accept(reviewer, maintainer, also)

    back = author.post(f"contributions/{bad}/revert/", sign_off=True, note="It is salt.")
    accept(reviewer, maintainer, back["number"])
    stands = anybody().get("variants/sea/salt/")
    assert stands["summary"] == "Salty."
    assert set(stands["tags"]) == {"coarse", "grey"}
    taken_back = anybody().get(f"contributions/{bad}/")
    assert (taken_back["state"], taken_back["reverted_by"]) == ("merged", [back["number"]])
    assert anybody().get(f"contributions/{back['number']}/")["reverts"] == bad
    assert not Run.objects.exists()


def test_what_a_program_proposes_a_person_signs_before_it_is_merged(
    salt: ModelVariant, author: Script, reviewer: Script, maintainer: Script
) -> None:
    robot = script_of(make_user("robot", is_bot=True))
    number = robot.propose(
        "edit_variant",
        {"entry": "sea/salt", "summary": "Sodium chloride."},
        sign_off=False,
        assisted_by="spellbot:2 [grammar]",
    )
    work_off_checks()
    reviewer.judge(number)
    assert "sign" in maintainer.refused(f"contributions/{number}/merge/", head=1)[1]
    guarantor = script_of(make_user("guarantor", Role.REVIEWER))
    assert author.refused(f"contributions/{number}/sign-off/", head=1)[0] == 403
    guarantor.post(f"contributions/{number}/sign-off/", head=1)
    maintainer.merge(number)
    stands = anybody().get(f"contributions/{number}/reviewers/")["trailers"]
    tokens = {one["token"]: one["name"] for one in stands}
    assert tokens["Signed-off-by"] == "guarantor"
    assert tokens["Assisted-by"] == "spellbot:2 [grammar]"
