"""What a child may not see, touch or talk to. Each attack succeeds without the guards, in the same test."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from tests.evaluations.harness.hostile import both, confined, unconfined


def test_secrets_of_other_processes_are_out_of_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"a secret of {tmp_path}")
    body = """
found = 0
for path in Path('/proc').glob('[0-9]*/environ'):
    try: found += b'DATABASE_URL=a secret' in path.read_bytes()
    except OSError: pass
tell(found=found, processes=len(list(Path('/proc').glob('[0-9]*'))))
"""
    free, held = both(tmp_path, body)
    assert free["found"] >= 1
    assert held == {"found": 0, "processes": 2}


def test_files_of_the_hub_and_of_other_runs_are_not_there(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "runs" / "7-other").mkdir(parents=True)
    (state / "site.env").write_text("SECRET_KEY=one")
    body = f"""
state = Path({str(state)!r})
tell(secret=tried(lambda: state.joinpath('site.env').read_text()),
     runs=tried(lambda: os.listdir(state / 'runs')),
     shadow=tried(lambda: os.stat('/etc/shadow') and True),
     home=tried(lambda: os.listdir({str(Path.home())!r}) and True),
     sees=sorted(os.listdir('/')))
"""
    free, held = both(tmp_path, body)
    assert free["secret"] == "SECRET_KEY=one"
    assert free["runs"] == ["7-other"]
    assert free["shadow"] is True
    assert (held["secret"], held["runs"]) == ("FileNotFoundError", "FileNotFoundError")
    assert held["shadow"] == "FileNotFoundError"
    assert not {"home", "var", "run", "srv", "mnt", "opt"} & set(held["sees"])


def test_the_stores_bytes_cannot_be_changed_through_a_checkpoints_links(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"weights")
    blob.chmod(0o444)
    folder = tmp_path / "held"
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir(parents=True)
    os.link(blob, checkpoint / "model.safetensors")
    body = """
weights = Path('checkpoint/model.safetensors')
tell(mode=tried(lambda: weights.chmod(0o666)),
     bytes=tried(lambda: weights.write_bytes(b'other')),
     name=tried(lambda: weights.unlink()),
     more=tried(lambda: Path('checkpoint/config.json').write_text('{}')))
"""
    _, (held,) = confined(folder, body, read_only=(checkpoint,))
    assert set(held.values()) <= {"OSError", "PermissionError"}
    assert (blob.read_bytes(), stat.S_IMODE(blob.stat().st_mode)) == (b"weights", 0o444)
    (free,) = unconfined(folder, body)
    assert not [each for each in free.values() if isinstance(each, str)]
    assert blob.read_bytes() == b"other"


def test_nothing_is_written_outside_of_the_jobs_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    body = f"""
mark = Path('/tmp', 'mark of ' + Path({str(tmp_path)!r}).name)
tell(outside=tried(lambda: Path({str(outside)!r}, 'mark').write_text('here')),
     root=tried(lambda: Path('/mark').write_text('') or Path('/mark').unlink()),
     code=tried(lambda: os.utime({__file__!r})),
     sysctl=tried(lambda: os.close(os.open('/proc/sys/kernel/hostname', os.O_WRONLY))),
     tmp=tried(lambda: mark.write_text('here')), own=tried(lambda: Path('own').write_text('here')))
"""
    mark = Path("/tmp", f"mark of {tmp_path.name}")
    try:
        (free,) = unconfined(tmp_path / "free", body)
        assert mark.exists()
        assert (outside / "mark").exists()
        assert free["code"] is True
    finally:
        mark.unlink(missing_ok=True)
    (outside / "mark").unlink()
    _, (held,) = confined(tmp_path / "held", body)
    assert (held["tmp"], held["own"]) == (4, 4)
    assert not mark.exists()
    assert not list(outside.iterdir())
    assert all(isinstance(held[name], str) for name in ("outside", "root", "code", "sysctl"))


def test_no_socket_leads_to_a_server_on_this_machine(tmp_path: Path) -> None:
    name = f"\0server of {tmp_path}"[:100]
    path = str(tmp_path / "socket")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen()
        with socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind(name)
            abstract.listen()
            body = f"""
def to(family, address):
    with socket.socket(family) as one: one.connect(address)
tell(tcp=tried(lambda: to(socket.AF_INET, ('127.0.0.1', {tcp.getsockname()[1]}))),
     unix=tried(lambda: to(socket.AF_UNIX, {path!r})),
     abstract=tried(lambda: to(socket.AF_UNIX, {name!r})),
     vsock=tried(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()),
     raw=tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()))
"""
            free, held = both(tmp_path, body)
    assert (free["tcp"], free["unix"], free["abstract"]) == (True, True, True)
    assert held == {
        "tcp": "ConnectionRefusedError",
        "unix": "FileNotFoundError",
        "abstract": "ConnectionRefusedError",
        "vsock": "OSError",
        "raw": "OSError",
    }


CALLS = """
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(number, *arguments) < 0: return ctypes.get_errno()
    return 0
"""


def test_calls_that_no_evaluation_makes_are_refused_at_the_kernels_door(tmp_path: Path) -> None:
    # Arguments that make no sense: what reaches the kernel is refused for those (or for rights).
    body = f"""{CALLS}
sys.path.append({str(Path(__file__).resolve().parents[3])!r})
from evaluations.harness.confinement.syscalls import ARCHITECTURES, REFUSED
column = ARCHITECTURES[os.uname().machine][0]
# These would do something where they are allowed.
left = {{'vhangup', 'unshare', 'acct', 'reboot', 'adjtimex', 'syslog', 'swapoff', 'swapon'}}
tell(**{{name: call(numbers[column], -1, -1, -1, -1, -1) for name, numbers in REFUSED.items()
        if numbers[column] >= 0 and name not in left}})
"""
    free, held = both(tmp_path, body)
    assert set(held.values()) == {1}, "EPERM"
    assert len(held) > 30
    reached = {name for name, error in free.items() if error != 1}
    assert {"ptrace", "process_vm_readv", "setns", "perf_event_open", "userfaultfd"} <= reached | {
        # A kernel without them says so before it looks at anything.
        name
        for name, error in free.items()
        if error == 38
    }


def test_no_new_namespace_and_no_capability_is_to_be_had(tmp_path: Path) -> None:
    body = f"""{CALLS}
status = Path('/proc/self/status').read_text()
number = {{'x86_64': 272, 'aarch64': 97}}[os.uname().machine]
tell(unshare=call(number, 0x10000000), caps=status.split('CapEff:')[1].split()[0],
     bound=status.split('CapBnd:')[1].split()[0], nnp=status.split('NoNewPrivs:')[1].split()[0])
"""
    free, held = both(tmp_path, body)
    assert free["unshare"] == 0
    assert (held["unshare"], held["nnp"]) == (1, "1")
    assert int(held["caps"], 16) == int(held["bound"], 16) == 0
