"""What took long to compile, kept between processes: Hyperscan databases (a second each), templates (a sixth of one).

Below the cache folder (`$MINGJIAN_CACHE`, or `~/.cache/mingjian`), named by all that it was compiled from, each behind
its own SHA-256. What is damaged, or what another user could have written, counts as absent: templates are code.
Without a writable cache everything works as before and takes its time.
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


def place(kind: str, parts: Iterable[str]) -> Path:
    """Return the file of one kind for what is compiled from `parts`: sources, and versions of what compiles them."""
    root = Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "mingjian")
    return root / kind / hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read(path: Path) -> bytes | None:
    """Return what is kept in a file, or None if there is none that can be trusted."""
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
    """Write a file: a reader sees the whole file or none. A cache that cannot be written stays as it is."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
