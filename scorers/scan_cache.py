"""Compiled scan databases, kept between processes: compiling one takes a second, reading it a millisecond.

They are in `scans/` of the cache folder (`$MINGJIAN_CACHE`, or `~/.cache/mingjian`), named by what they were compiled
from, each behind its own SHA-256. One that is damaged, or that another user could have written, counts as absent.
Without a writable cache everything works as before and takes that second.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "MINGJIAN_CACHE"
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
DIGEST = hashlib.sha256().digest_size


def place(parts: Iterable[str]) -> Path:
    """Return the file of the database that is compiled from `parts`: versions, flags and patterns."""
    root = Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "mingjian")
    return root / "scans" / hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read(path: Path) -> bytes | None:
    """Return a kept database, or None if there is none that can be trusted."""
    try:
        with path.open("rb") as file:
            if not own(os.fstat(file.fileno())) or not own(path.parent.stat()):
                return None
            digest, data = file.read(DIGEST), file.read()
    except OSError:
        return None
    return data if hashlib.sha256(data).digest() == digest else None


def own(found: os.stat_result) -> bool:
    """Return whether a file or folder is this user's and nobody else can write to it."""
    return found.st_uid == os.getuid() and not found.st_mode & OTHERS_WRITE


def keep(path: Path, data: bytes) -> None:
    """Keep a database: a reader sees the whole file or none. A cache that cannot be written stays as it is."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
