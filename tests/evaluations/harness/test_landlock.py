"""Where there is no root of its own: files closed by rules, in a process without any namespace."""

from __future__ import annotations

from pathlib import Path

from tests.evaluations.harness.test_confinement import NONE, REFUSED, WHOLE, folder, told_by

__all__ = ["folder"]

TRIES = """
def tried(attempt):
    try: attempt()
    except OSError as error: return type(error).__name__
told["own"] = tried(lambda: open("own", "w").write("here"))
told["secret"] = tried(lambda: open({secret!r}).read())
told["write"] = tried(lambda: open({secret!r}, "a"))
told["list"] = tried(lambda: os.listdir("/root"))
told["tmp"] = tried(lambda: open("/tmp/mark of landlock", "w"))
told["environ"] = tried(lambda: open(f"/proc/{{os.getppid()}}/environ", "rb").read())
told["null"] = tried(lambda: open("/dev/null", "w").write("x"))
told["python"] = tried(lambda: open(os.__file__).read())
told["signal"] = tried(lambda: os.kill(os.getppid(), 0))
"""


def test_without_namespaces_rules_close_what_is_not_named(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "site.env"
    secret.write_text("SECRET_KEY=one")
    after = TRIES.format(secret=str(secret))
    told = told_by(folder, before=REFUSED, after=after)
    assert told.pop("holds") == WHOLE | NONE | {"files": "restricted"}
    assert told == {
        "own": None,
        "secret": "PermissionError",
        "write": "PermissionError",
        "list": "PermissionError",
        "tmp": "PermissionError",
        "environ": "PermissionError",
        "null": None,
        "python": None,
        "signal": "PermissionError",
    }
