"""An allow-list that fails closed: what plain weights need passes, everything else is refused by reason."""

import builtins
import collections
import io
import os
import pickle
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contributions.readers import pickles
from contributions.readers.pickles import Hostile, scan
from tests.toys import HARNESS_PYTHON

MAKE = """
import sys, torch, numpy
from pathlib import Path
folder = Path(sys.argv[1])
small = torch.zeros(3, dtype=torch.bfloat16)
state = {"a": torch.zeros(3, 4), "b": torch.nn.Parameter(torch.ones(2)), "c": small}
torch.save(state, folder / "new.bin")
torch.save(state, folder / "old.bin", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), folder / "module.pt")
torch.jit.script(torch.nn.Linear(2, 2)).save(str(folder / "script.pt"))
numpy.save(folder / "numbers.npy", numpy.arange(6.0))
numpy.save(folder / "objects.npy", numpy.array([{}, 1], dtype=object))
numpy.savez(folder / "several.npz", a=numpy.arange(3), b=numpy.array(["x"]))
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as PyTorch and numpy write them."""
    folder = tmp_path_factory.mktemp("pickles")
    subprocess.run([str(HARNESS_PYTHON), "-c", MAKE, str(folder)], check=True, capture_output=True)
    return folder


class Calls:
    """Unpickles by calling `function` with `arguments`."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def scanned(data: bytes, name: str = "weights.bin") -> set[str]:
    return scan(io.BytesIO(data), len(data), name)


def zipped(**entries: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in entries.items():
            archive.writestr(f"archive/{name.replace('__', '.')}", data)
    return held.getvalue()


@pytest.mark.parametrize(
    "name", ["new.bin", "old.bin", "numbers.npy", "objects.npy", "several.npz"]
)
def test_what_the_libraries_write_of_plain_weights_passes(real: Path, name: str) -> None:
    imported = scanned((real / name).read_bytes(), name)
    assert ("torch._utils._rebuild_tensor_v2" in imported) == name.endswith(".bin")


@pytest.mark.parametrize(
    ("name", "words"), [("module.pt", "torch.nn"), ("script.pt", "import|TorchScript")]
)
def test_what_holds_a_program_does_not(real: Path, name: str, words: str) -> None:
    with pytest.raises(Hostile, match=words):
        scanned((real / name).read_bytes(), name)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "function", [os.system, builtins.eval, builtins.getattr, builtins.__import__, pickle.loads]
)
def test_no_call_of_anything_else_in_any_protocol(
    protocol: int, function: Callable[..., Any]
) -> None:
    with pytest.raises(Hostile, match="would import"):
        scanned(pickle.dumps({"weights": [Calls(function, b"x")]}, protocol))


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"cos\nsystem\n(S'x'\ntR.", "posix|os.system"),
        (b"(S'x'\nios\nsystem\n.", "os.system"),
        (b"(cos\nsystem\nS'x'\no.", "os.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "os.system"),
        # a name that was put together, from the memo and by a call
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93.", "os.system"),
        (b"\x80\x04\x8c\x02os]\x93.", "computes the name"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        # calls what came out of a call
        (b"\x80\x02c_codecs\nencode\n(tR(tR.", "computed"),
        # sets attributes of a class
        (b"\x80\x02ccollections\nOrderedDict\n}b.", "sets attributes"),
        (b"\x80\x02h\x07.", "never kept"),
        (b"\x80\x02t.", "add up"),
        (b"\x80\x02NN.", "add up"),
        (b"\xff\xff\xff\xff", "understood"),
        (b"\x80\x02]", "cut off"),
        (b"", "cut off"),
    ],
)  # fmt: skip
def test_streams_written_by_hand(stream: bytes, words: str) -> None:
    with pytest.raises(Hostile, match=words):
        scanned(stream)


def test_a_second_pickle_behind_the_first_is_looked_at() -> None:
    with pytest.raises(Hostile, match="would import"):
        scanned(pickle.dumps({}) + pickle.dumps(Calls(os.system, "x")))


def test_bytes_behind_the_end_are_not_understood() -> None:
    with pytest.raises(Hostile):
        scanned(pickle.dumps({}) + b"\x00something")


def test_a_pickle_within_a_pickle_is_looked_at() -> None:
    inner = pickle.dumps(Calls(os.system, "x"))
    for carried in (inner, inner.decode("latin-1"), bytearray(inner)):
        with pytest.raises(Hostile, match="would import"):
            scanned(pickle.dumps({"weights": [carried]}, 5))


@pytest.mark.parametrize("start", [b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"\x04\x22\x4d\x18"])
def test_what_is_compressed_is_not_looked_into(start: bytes) -> None:
    with pytest.raises(Hostile):
        scanned(start + b"\x00" * 40, "model.joblib")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"data__pkl": pickle.dumps(Calls(os.system, "x"))}, "would import"),
        ({"data__pkl": pickle.dumps({}), "extra__pkl": pickle.dumps({})}, "what its entry"),
        ({"data__pkl": pickle.dumps({}), "code/model.py": b"x"}, "TorchScript"),
        ({"data__pkl": b""}, "cut off"),
    ],
)
def test_zip_archives_by_their_entries(entries: dict[str, bytes], words: str) -> None:
    with pytest.raises(Hostile, match=words):
        scanned(zipped(**entries))


def test_a_zip_that_two_readers_read_differently_is_refused() -> None:
    good = zipped(data__pkl=pickle.dumps({}))
    for data in (
        good[:-10],
        good.replace(b"PK\x01\x02", b"PK\x01\x09"),
        b"PK\x03\x04" + b"\x00" * 60,
    ):
        with pytest.raises(Hostile):
            scanned(data)
    # a second archive behind the first: its directory is the one that readers find
    with pytest.raises(Hostile, match="before"):
        scanned(good + zipped(data__pkl=pickle.dumps({})))


def test_an_array_of_objects_is_a_pickle() -> None:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with pytest.raises(Hostile, match="would import"):
        scanned(start + pickle.dumps([Calls(os.system, "x")]), "a.npy")
    for broken in (start[:20], start.replace(b"{'descr'", b"{ descr "), b"\x93NUMPY\x09\x00"):
        with pytest.raises(Hostile, match="header"):
            scanned(broken, "a.npy")


def test_a_long_stream_is_read_in_windows_and_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    long = pickle.dumps(collections.OrderedDict((str(n), n) for n in range(60_000)))
    assert len(long) > 256 * 1024
    assert scanned(long) == {"collections.OrderedDict"}
    monkeypatch.setattr(pickles, "MOST_BYTES", 256 * 1024)
    with pytest.raises(Hostile, match="too long"):
        scanned(long)
