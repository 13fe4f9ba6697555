"""Where the answers of an attempt lie that another attempt may go on from: outside its work folder."""

import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from evaluations.models import Run


def resume_folder(run: Run, *loaded: str) -> Path:
    """STATE_DIR/resume/<run>/<key>: of one run, one checkpoint and one way of loading it."""
    facts = (run.checkpoint.digest, *loaded)
    key = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]
    return _all() / str(run.pk) / key


def forget_ended_runs() -> None:
    """Remove what runs left here that are over, wherever they ended: a folder is a number, the
    numbers one query. A database that is away leaves it for the next run on this machine."""
    numbers = [int(path.name) for path in _all().glob("[0-9]*")]
    if not numbers:
        return
    try:
        ended = set(numbers) - set(
            Run.objects.filter(pk__in=numbers)
            .exclude(state__in=Run.terminal_states())
            .values_list("pk", flat=True)
        )
    except DatabaseError:
        connection.close()
        return
    for number in ended:
        shutil.rmtree(_all() / str(number), ignore_errors=True)


def _all() -> Path:
    return settings.STATE_DIR / "resume"
