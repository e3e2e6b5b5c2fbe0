"""Runs the real command and kills it (SIGKILL) at a named point: `run.json:replace` before, `records.jsonl:write` half.

A point is a file and a call to the disk: write, flush, fsync, truncate, replace. Points are found by tracing, not
listed, so that none can be forgotten. Called with a file of jobs; each job is a fork, so that imports are paid once.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

_TEMPORARY = re.compile(r"\A\.(?P<name>.+)\.[^.]+\Z")


class Fuse:
    """Counts the calls at each point; kills the process at the wanted one."""

    def __init__(self, kill: list[Any] | None, trace: str | None) -> None:
        self.kill = kill
        self.trace = trace
        self.seen: Counter[str] = Counter()

    def before(self, point: str) -> bool:
        """Count a call; return whether to die in the middle of it."""
        self.seen[point] += 1
        self._die(point, "before")
        return self._is(point, "half")

    def after(self, point: str) -> None:
        self._die(point, "after")

    def _is(self, point: str, moment: str) -> bool:
        return self.kill == [point, moment, self.seen[point]]

    def _die(self, point: str, moment: str) -> None:
        if self._is(point, moment):
            end()

    def close(self) -> None:
        if self.trace:
            Path(self.trace).write_text(json.dumps(self.seen), encoding="utf-8")


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def name_of(handle: int | str | Path) -> str:
    """Return a file's name without what makes a temporary one unique; a folder is `folder`."""
    path = Path(os.readlink(f"/proc/self/fd/{handle}")) if isinstance(handle, int) else Path(handle)
    if path.is_dir():
        return "folder"
    found = _TEMPORARY.match(path.name)
    return found["name"] if found else path.name


class File:
    """A file that is written to."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self._name = name_of(inner.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def write(self, data: Any) -> int:
        point = f"{self._name}:write"
        if self._fuse.before(point):
            self._inner.write(data[: len(data) // 2])
            self._inner.flush()
            end()
        written = int(self._inner.write(data))
        self._inner.flush()
        self._fuse.after(point)
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def truncate(self, size: int) -> int:
        self._fuse.before(f"{self._name}:truncate")
        found = int(self._inner.truncate(size))
        self._fuse.after(f"{self._name}:truncate")
        return found


def arm(fuse: Fuse, root: Path) -> None:
    """Put the fuse into every call that changes a file below `root`."""
    opened, synced, replaced = io.open, os.fsync, os.replace

    def open_file(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        inner = opened(file, mode, *rest, **named)
        if mode in ("wb", "ab") and Path(os.readlink(f"/proc/self/fd/{inner.fileno()}")).is_relative_to(root):
            return File(inner, fuse)
        return inner

    def fsync(handle: int) -> None:
        point = f"{name_of(handle)}:fsync"
        fuse.before(point)
        synced(handle)
        fuse.after(point)

    def replace(source: Any, target: Any, **named: Any) -> None:
        point = f"{name_of(target)}:replace"
        fuse.before(point)
        replaced(source, target, **named)
        fuse.after(point)

    io.open, os.fsync, os.replace = open_file, fsync, replace  # type: ignore[assignment]


def child(job: dict[str, Any]) -> None:
    """Run one job; never returns."""
    from bench.cli import app

    os.chdir(job["cwd"])
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    fuse = Fuse(job["kill"], job.get("trace"))
    arm(fuse, Path(job["cwd"]).resolve() / "results")
    code = 1
    try:
        app.main(job["arguments"])
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        fuse.close()
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    import bench.cli.app
    import bench.report.build
    import bench.stats
    import bench.workflow  # noqa: F401 - paid once
    import scorers.match  # noqa: F401 - paid once

    codes = []
    for job in json.loads(Path(sys.argv[1]).read_bytes()):
        process = os.fork()
        if process == 0:
            child(job)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    print(json.dumps(codes))


if __name__ == "__main__":
    main()
