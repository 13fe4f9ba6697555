"""What a worker tells of the run that it holds, and what it hears."""

import os
from pathlib import Path

import pytest

from evaluations.actions import watch as watching
from evaluations.actions.cancel import cancel_run
from evaluations.actions.start import claim_next
from evaluations.actions.watch import Watch
from evaluations.harness.process import read_tail
from evaluations.harness.protocol import Progress
from evaluations.models import Run
from hub.lease import Keeper
from hub.models import User
from tests.factories import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """That of a run that is held, which talks whenever it is spoken to."""
    monkeypatch.setattr(watching, "INTERVAL", 0.0)
    make_run()
    run = claim_next(queue="cpu", worker="w")
    assert run is not None
    return Watch(run, Keeper(run))


def test_progress_and_what_the_machine_is_at_reach_the_row(watch: Watch) -> None:
    usage = {"rss_bytes": 5 << 20, "gpu_bytes": 7 << 30, "gpu_percent": 93}
    watch.tell(
        Progress(stage="run", phase="requests", done=3, total=9, task="sums", tasks=2, usage=usage)
    )
    run = Run.objects.get()
    assert (run.progress["done"], run.progress["total"], run.progress["task"]) == (3, 9, "sums")
    assert run.usage == usage
    watch.tell(Progress(stage="run", phase="requests", done=4, total=9))
    run.refresh_from_db()
    assert (run.progress["done"], run.usage) == (4, usage)


def test_the_log_can_be_read_while_it_grows_whether_or_not_the_child_says_anything(
    watch: Watch, tmp_path: Path
) -> None:
    watch.log = tmp_path / "harness.log"
    assert not watch.must_stop()
    watch.log.write_text("loading\n")
    watch.must_stop()
    assert Run.objects.get().log_tail == "loading"
    watch.log.write_text("loading\nanswering\0\n")
    watch.must_stop()
    assert Run.objects.get().log_tail == "loading\nanswering\ufffd"


def test_a_log_that_the_child_made_a_link_or_a_pipe_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET_KEY")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    assert [read_tail(tmp_path / name) for name in ("link", "pipe", "", "none")] == [""] * 4
    assert read_tail(tmp_path / "secret") == "SECRET_KEY"


def test_a_cancel_is_heard(watch: Watch, cleo: User) -> None:
    assert not watch.must_stop()
    cancel_run(actor=cleo, run=watch.run)
    assert watch.must_stop()
    assert watch.cancelled


def test_who_lost_the_lease_hears_it_with_the_next_word_and_writes_nothing(watch: Watch) -> None:
    Run.objects.update(lease_token=99)
    watch.tell(Progress(stage="run", done=1, total=2))
    assert watch.must_stop()
    assert watch.lost
    assert Run.objects.get().progress == {}
