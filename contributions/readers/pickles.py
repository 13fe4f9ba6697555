"""Would loading this pickle run anything but what plain weights need? An allow-list that fails closed.

Block-lists of known bad functions miss a third of what is known to be hostile, because Python has
thousands of ways to call something. Here every name that a pickle imports has to stand in ALLOWED, every
call has to be of such a name, and whatever is not understood (an unknown opcode, a container, bytes
after the end) is refused as well. Nothing is ever unpickled: opcodes are walked with their stack.
"""

import ast
import io
import pickletools
import re
import zipfile
import zlib
from typing import IO, Any

# What may be read of one stream. A state dict of a thousand tensors takes 200 kB.
MOST_BYTES = 32 * 1024**2
MOST_ENTRIES = 20_000
MOST_NPY_HEADER = 64 * 1024
DEEPEST = 4
TORCH_MAGIC = 0x1950A86A20F9469CFC6C

# ruff: noqa: SIM905
_DTYPES = (
    "float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 int64 int32 int16 int8 uint8 bool "
    "complex64 complex128"
).split()
_STORAGES = (
    "DoubleStorage FloatStorage HalfStorage LongStorage IntStorage ShortStorage CharStorage "
    "ByteStorage BoolStorage BFloat16Storage ComplexFloatStorage ComplexDoubleStorage "
    "UntypedStorage"
).split()
_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
# Rebuild tensors and arrays, or are plain data. `training_args.bin` adds data classes and enums.
ALLOWED: frozenset[tuple[str, str]] = frozenset(
    [
        ("collections", "OrderedDict"),
        ("torch", "Size"),
        ("torch", "device"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_qtensor"),
        ("torch.storage", "UntypedStorage"),
        ("torch.serialization", "_get_layout"),
        *(("torch", name) for name in (*_DTYPES, *_STORAGES)),
        *((module, name) for module in _ARRAYS for name in ("_reconstruct", "scalar")),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
        *(
            (module, name)
            for module in ("builtins", "__builtin__")
            for name in ("set", "frozenset", "bytearray", "complex", "slice")
        ),
        ("datetime", "timedelta"),
        ("transformers.training_args", "TrainingArguments"),
        ("transformers.training_args_seq2seq", "Seq2SeqTrainingArguments"),
        ("transformers.training_args", "OptimizerNames"),
        *(
            ("transformers.trainer_utils", name)
            for name in (
                "IntervalStrategy SchedulerType HubStrategy SaveStrategy FSDPOption EvaluationStrategy"
            ).split()
        ),
        ("transformers.trainer_pt_utils", "AcceleratorConfig"),
        ("accelerate.utils.dataclasses", "DistributedType"),
        ("accelerate.state", "PartialState"),
        ("trl.trainer.sft_config", "SFTConfig"),
        ("trl.trainer.dpo_config", "DPOConfig"),
        ("trl.trainer.grpo_config", "GRPOConfig"),
    ]
)
# Entries of PyTorch's zip that hold raw numbers or a line of text.
_RAW = re.compile(
    r"[^/]+/(data/\d+|version|byteorder|\.format_version|\.storage_alignment|\.data/serialization_id)"
)


class Hostile(ValueError):
    """Why a file is refused: a sentence for people."""


class Short(Exception):
    """The stream goes on after the bytes that were given."""


class _Imported(str):
    """A value on the stack that is an imported name."""


class _Mark:
    """Where a group of values on the stack begins."""


_MARK = _Mark()
_UNKNOWN = object()


def scan(file: IO[bytes], size: int, name: str) -> set[str]:
    """The names that loading `file` (seekable, `size` bytes) would import: all of them allowed.

    Raises Hostile for everything else. Reads at most MOST_BYTES of each stream.
    """
    start = _at(file, 0, 16)
    # As PyTorch decides it: by the first bytes. What hides behind them cannot be reached that way.
    if start.startswith(b"PK"):
        return _scan_zip(file, name)
    if start.startswith(b"\x93NUMPY"):
        return _scan_npy(file, size)
    return _scan_streams(file, size)


def _at(file: IO[bytes], offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


# --- Containers -----------------------------------------------------------------------------------


def _scan_zip(file: IO[bytes], name: str) -> set[str]:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise Hostile(f"it holds {len(entries):,} entries")
            _require_plain(entries)
            imported: set[str] = set()
            for entry in entries:
                imported |= _scan_entry(archive, entry, numpy=name.lower().endswith(".npz"))
            return imported
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
    ) as error:
        if isinstance(error, Hostile):
            raise
        raise Hostile(f"its zip archive cannot be read ({type(error).__name__})") from error


def _require_plain(entries: list[zipfile.ZipInfo]) -> None:
    """Two readers must not see two different archives."""
    names = [entry.filename for entry in entries]
    if not entries or len(set(names)) < len(names):
        raise Hostile("its zip archive is empty, or names an entry twice")
    if min(entry.header_offset for entry in entries) != 0:
        raise Hostile("something stands before its zip archive")
    for entry in entries:
        if entry.flag_bits & 1 or ".." in entry.filename or entry.filename.startswith("/"):
            raise Hostile("its zip archive has encrypted entries, or leads out of its folder")


def _scan_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, numpy: bool) -> set[str]:
    if entry.is_dir() or (not numpy and _RAW.fullmatch(entry.filename)):
        return set()
    if "/code/" in entry.filename:
        raise Hostile("it is TorchScript: a program beside its weights")
    ours = entry.filename.endswith(".npy" if numpy else "/data.pkl")
    if not ours:
        raise Hostile(f"nobody knows what its entry {entry.filename[:80]!r} is for")
    if entry.file_size > MOST_BYTES and not numpy:
        raise Hostile(f"its {entry.filename[:80]} is too long to be looked at")
    with archive.open(entry) as stream:
        data = stream.read(MOST_BYTES if not numpy else MOST_NPY_HEADER)
    if numpy:
        objects, end = _npy_header(data)
        if not objects:
            return set()
        with archive.open(entry) as stream:
            data = stream.read(MOST_BYTES)[end:]
    return _scan_whole(data)


def _scan_npy(file: IO[bytes], size: int) -> set[str]:
    objects, end = _npy_header(_at(file, 0, MOST_NPY_HEADER))
    if not objects:
        return set()
    if size - end > MOST_BYTES:
        raise Hostile("its array of objects is too long to be looked at")
    return _scan_whole(_at(file, end, MOST_BYTES))


def _npy_header(data: bytes) -> tuple[bool, int]:
    """Whether the array holds Python objects, and where its data begin."""
    major = data[6] if len(data) > 12 else 0
    width = {1: 2, 2: 4, 3: 4}.get(major)
    if width is None or not data.startswith(b"\x93NUMPY"):
        raise Hostile("its array header cannot be read")
    end = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if end > len(data):
        raise Hostile("its array header is longer than arrays have")
    try:
        header = ast.literal_eval(data[8 + width : end].decode("utf-8"))
        described = header["descr"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise Hostile("its array header cannot be read") from error
    return "O" in re.sub(r"[^A-Z]", "", str(described)), end


# --- Streams --------------------------------------------------------------------------------------


def _scan_streams(file: IO[bytes], size: int) -> set[str]:
    """Pickles one after the other; PyTorch's old format has five and then raw numbers."""
    window = 256 * 1024
    while True:
        data = _at(file, 0, min(window, size))
        try:
            return _scan_data(data, whole=len(data) >= size)
        except Short:
            if window >= MOST_BYTES or len(data) >= size:
                raise Hostile("it is cut off, or too long to be looked at") from None
            window *= 8


def _scan_data(data: bytes, *, whole: bool) -> set[str]:
    walk = _Walk(data)
    walk.one(0)
    if walk.result == TORCH_MAGIC:
        for _ in range(4):
            walk.one(walk.end)
        return walk.imported
    while walk.end < len(data):
        walk.one(walk.end)
    if not whole:
        raise Short
    return walk.imported


def _scan_whole(data: bytes) -> set[str]:
    try:
        return _scan_data(data, whole=True)
    except Short:
        raise Hostile("it is cut off") from None


class _Walk:
    """Opcodes in order, with a stack of which texts, imported names and marks are known."""

    def __init__(self, data: bytes, depth: int = 0) -> None:
        self.data = data
        self.depth = depth
        self.imported: set[str] = set()
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.result: Any = None
        self.end = 0

    def one(self, start: int) -> None:
        """From `start` to the STOP of that pickle. Raises Hostile, or Short where the data end first."""
        self.stack, self.memo = [], {}
        stream = io.BytesIO(self.data)
        stream.seek(start)
        if stream.tell() >= len(self.data):
            raise Short
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                self._take(opcode, argument)
        except Hostile:
            raise
        except (ValueError, OverflowError, UnicodeError, IndexError, KeyError) as error:
            if stream.tell() >= len(self.data):
                raise Short from error
            raise Hostile("it is not a pickle that can be understood") from error
        self.end = stream.tell()

    def _take(self, opcode: Any, argument: Any) -> None:
        special = getattr(self, f"_op_{opcode.name.lower()}", None)
        if special is not None:
            special(argument)
        elif opcode.name in _FORBIDDEN:
            raise Hostile(f"it uses {opcode.name}, which weights do not need")
        else:
            self._usual(opcode, argument)

    def _usual(self, opcode: Any, argument: Any) -> None:
        """Pop and push as pickletools says; texts stay known, everything else is just a value."""
        before = list(opcode.stack_before)
        if pickletools.markobject in before:
            self._to_mark()
            before = before[: before.index(pickletools.markobject)]
        for _ in before:
            self._pop()
        for pushed in opcode.stack_after:
            self.stack.append(_MARK if pushed is pickletools.markobject else self._value(argument))

    def _value(self, argument: Any) -> Any:
        if isinstance(argument, bytes | bytearray | str) and argument:
            self._look_inside(argument)
        return argument if isinstance(argument, str | int) else _UNKNOWN

    def _look_inside(self, argument: bytes | bytearray | str) -> None:
        """A pickle that is carried as a value waits for somebody to load it."""
        data = (
            argument.encode("latin-1", "replace") if isinstance(argument, str) else bytes(argument)
        )
        if not (
            len(data) > 3
            and data[0] == 0x80
            and data[1] in range(2, 6)
            and data.rstrip()[-1:] == b"."
        ):
            return
        if self.depth >= DEEPEST:
            raise Hostile("it holds pickles within pickles")
        inner = _Walk(data, self.depth + 1)
        try:
            inner.one(0)
        except Short:
            return
        self.imported |= inner.imported

    def _pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise Hostile("its stack does not add up")
        return self.stack.pop()

    def _to_mark(self) -> list[Any]:
        for position in range(len(self.stack) - 1, -1, -1):
            if self.stack[position] is _MARK:
                values = self.stack[position + 1 :]
                del self.stack[position:]
                return values
        raise Hostile("its stack does not add up")

    def _import(self, module: object, name: object) -> _Imported:
        if type(module) is not str or type(name) is not str:
            raise Hostile("it computes the name of what it imports")
        if (module, name) not in ALLOWED:
            raise Hostile(f"loading it would import {module[:80]}.{name[:80]}")
        self.imported.add(f"{module}.{name}")
        return _Imported(f"{module}.{name}")

    def _call(self, function: object) -> None:
        if not isinstance(function, _Imported):
            raise Hostile("it calls something that it computed")
        self.stack.append(_UNKNOWN)

    def _op_stop(self, _: object) -> None:
        self.result = self._pop()
        if self.stack:
            raise Hostile("its stack does not add up")

    def _op_global(self, argument: str) -> None:
        # pickletools joins the two lines with a blank; a blank within is a name that is not allowed.
        self.stack.append(self._import(*argument.split(" ", 1)))

    def _op_stack_global(self, _: object) -> None:
        name, module = self._pop(), self._pop()
        self.stack.append(self._import(module, name))

    def _op_inst(self, argument: str) -> None:
        self._to_mark()
        self._call(self._import(*argument.split(" ", 1)))

    def _op_obj(self, _: object) -> None:
        values = self._to_mark()
        self._call(values[0] if values else None)

    def _op_reduce(self, _: object) -> None:
        self._pop()
        self._call(self._pop())

    def _op_newobj(self, _: object) -> None:
        self._op_reduce(None)

    def _op_newobj_ex(self, _: object) -> None:
        self._pop()
        self._op_reduce(None)

    def _op_build(self, _: object) -> None:
        self._pop()
        target = self._pop()
        if isinstance(target, _Imported):
            raise Hostile("it sets attributes of what it imported")
        self.stack.append(_UNKNOWN)

    def _op_dup(self, _: object) -> None:
        value = self._pop()
        self.stack += [value, value]

    def _op_pop(self, _: object) -> None:
        if not self.stack:
            raise Hostile("its stack does not add up")
        self.stack.pop()

    def _op_memoize(self, _: object) -> None:
        self._op_put(len(self.memo))

    def _op_put(self, key: int) -> None:
        if not self.stack or self.stack[-1] is _MARK:
            raise Hostile("its stack does not add up")
        self.memo[key] = self.stack[-1]

    _op_binput = _op_long_binput = _op_put

    def _op_get(self, key: int) -> None:
        if key not in self.memo:
            raise Hostile("it uses a value that it never kept")
        self.stack.append(self.memo[key])

    _op_binget = _op_long_binget = _op_get


# The extension registry imports what another program put there; buffers come from outside.
_FORBIDDEN = frozenset({"EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"})
