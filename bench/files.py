"""The rim to the file system: bounded reads, paths that stay inside their folder, atomic writes, JSON lines."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import hashlib
import itertools
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec

from bench import canonical, strict
from bench.errors import ConfigError, Fault, IntegrityError

T = TypeVar("T")

ADVISED = {
    **dict.fromkeys(("ENOSPC", "EDQUOT"), "full"),
    **dict.fromkeys(("EACCES", "EPERM"), "denied"),
    **dict.fromkeys(("ENOTDIR", "EEXIST"), "file_there"),
    "EFBIG": "limit", "EROFS": "read_only", "EISDIR": "folder_there", "ENOENT": "absent",
}  # fmt: skip
"""Refusals of the system → the text `error.system.…` that says what to do."""
_RANDOM = re.compile("[a-z0-9_]{8}")
"""What a temporary file's name ends with."""
DERIVED = frozenset(("scores.jsonl", "summary.json", "calibration.jsonl"))
"""Files of a run folder that a scoring makes anew; the others cannot be had again."""
MAX_TEXT_FILE = 64 * 1024 * 1024
"""No suite, config or item file may be larger than this many bytes."""


def read_bytes(path: Path, limit: int = MAX_TEXT_FILE) -> bytes:
    """Return the bytes of a regular file; raises ConfigError if it is missing, not regular, or over `limit` bytes."""
    if not path.exists():
        raise ConfigError.of([Fault(key="file.missing", file=str(path))])
    if not path.is_file():
        raise ConfigError.of([Fault(key="file.not_regular", file=str(path))])
    if path.stat().st_size > limit:
        raise ConfigError.of([Fault(key="file.too_large", facts={"limit": limit}, file=str(path))])
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError.of([Fault(key="file.unreadable", facts={"why": str(error)}, file=str(path))]) from error


def decode_text(data: bytes, path: Path) -> str:
    """Return UTF-8 `data` as text; raises ConfigError naming the line of the first bad byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError.of([Fault(key="file.not_utf8", file=str(path), line=line)]) from error


def line_fault(error: Exception, path: Path, line: int) -> Fault:
    """Return what is wrong with a JSON line of the user's: its encoding, its syntax, or what it holds."""
    if isinstance(error, UnicodeDecodeError):
        return Fault(key="file.not_utf8", file=str(path), line=line)
    if isinstance(error, strict.RepeatedKeyError):
        return Fault(key="yaml.duplicate_key", facts={"name": error.args[0]}, file=str(path), line=line)
    key = "json.shape" if isinstance(error, msgspec.ValidationError) else "json.syntax"
    return Fault(key=key, facts={"why": str(error)}, file=str(path), line=line)


def disk_fault(error: OSError, path: str) -> Fault:
    """Return what the system refused at a path, with advice that fits."""
    code = errno.errorcode.get(error.errno or 0, "")
    key = f"system.{ADVISED[code]}" if code in ADVISED else "system.other"
    return Fault(key=key, facts={"file": path, "why": error.strerror or str(error)})


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Let an OSError of writing name the file that it is about: a full disk names none, others a temporary one."""
    try:
        yield
    except OSError as error:
        if error.filename is None or Path(str(error.filename)).name.startswith(f".{path.name}."):
            error.filename = str(path)
        raise


def inside(folder: Path, name: str, *, place: Fault) -> Path:
    """Return `folder / name`; raises ConfigError if it leaves `folder` (also through a symbolic link) or is missing."""
    root = folder.resolve()
    target = (root / name).resolve()
    if "\0" in name or Path(name).is_absolute() or not target.is_relative_to(root):
        raise ConfigError.of([Fault(key="file.outside", facts={"name": name}, file=place.file, line=place.line)])
    if not target.exists():
        raise ConfigError.of([Fault(key="file.not_found", facts={"name": name}, file=place.file, line=place.line)])
    return target


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in chunks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old bytes or the new ones, never a part (fsync, then rename)."""
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write parts one after the other, like `write`; what fails while they are made leaves the old file."""
    with named(path):
        _write_parts(path, parts)


def _write_parts(path: Path, parts: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    clear(path)
    handle, name = temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def temporary(path: Path) -> tuple[int, str]:
    """Return a new file beside `path`, open and locked as long as it is, and its name."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with contextlib.suppress(OSError):  # a file system without locks: then nobody clears either
            fcntl.flock(handle, fcntl.LOCK_SH)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # cleared before it was locked


def clear(path: Path) -> None:
    """Remove the temporary files that killed writers of `path` left: those that nobody holds a lock on."""
    prefix = f".{path.name}."
    for found in os.scandir(path.parent):
        if found.name.startswith(prefix) and _RANDOM.fullmatch(found.name.removeprefix(prefix)):
            with contextlib.suppress(OSError), open(found.path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Path(found.path).unlink()


def write_json(path: Path, value: Any) -> None:
    """Write the canonical JSON of `value` and a newline."""
    write_parts(path, (canonical.encode(value), b"\n"))


def read_json(path: Path, kind: type[T], *, unique: bool = False) -> T:
    """Return the file decoded as `kind`; raises IntegrityError if it is missing or does not fit (our own files).

    If `unique`, no key may repeat: of two, one reader sees the first and another the last.
    """
    try:
        decoder, data = msgspec.json.Decoder(kind), path.read_bytes()
        return strict.decode(decoder, data) if unique else decoder.decode(data)
    except FileNotFoundError as error:
        raise IntegrityError.of([Fault(key="file.missing", file=str(path))]) from error
    except strict.UNREADABLE as error:
        raise IntegrityError.of([_damage(path, error)]) from error


def _damage(path: Path, error: Exception, line: int | None = None) -> Fault:
    if isinstance(error, strict.RepeatedKeyError):
        return Fault(key="yaml.duplicate_key", facts={"name": error.args[0]}, file=str(path), line=line)
    key = "file.damaged" if path.name in DERIVED else "file.broken"
    return Fault(key=key, facts={"why": str(error)}, file=str(path), line=line)


def write_lines(path: Path, values: Iterator[Any]) -> None:
    """Write one canonical JSON line a value, one after the other."""
    write_parts(path, (canonical.encode(value) + b"\n" for value in values))


def read_lines(path: Path, kind: type[T], *, torn: bool = False) -> Iterator[T]:
    """Yield each line of one of our own JSON-lines files as `kind`; raises IntegrityError with the line number.

    If `torn`, a last line that is being written, or that an interruption cut, is passed over.
    """
    decoder = msgspec.json.Decoder(kind)
    try:
        with path.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                if torn and not line.endswith(b"\n"):
                    return
                try:
                    yield decoder.decode(line)
                except strict.UNREADABLE as error:
                    raise IntegrityError.of([_damage(path, error, number)]) from error
    except FileNotFoundError as error:
        raise IntegrityError.of([Fault(key="file.missing", file=str(path))]) from error


class Lines(Sequence[T]):
    """The lines of one of our own JSON-lines files, read from the file each time they are looked at."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path = path
        self._kind = kind

    @functools.cached_property
    def _count(self) -> int:
        return sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return read_lines(self._path, self._kind)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        wanted = range(self._count)[place]
        if isinstance(wanted, int):
            return next(itertools.islice(self, wanted, None))
        kept = dict(item for item in enumerate(self) if item[0] in wanted)
        return [kept[number] for number in wanted]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash((self._path, self._kind))
