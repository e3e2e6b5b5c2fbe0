"""The parent's side of the llamacpp child process: start, health, end."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from bench.errors import EnvironmentFault, Fatal

SCRIPT = Path(__file__).with_name("_llamacpp_server.py")
GRACE_SECONDS = 5.0


class _Answer(msgspec.Struct):
    address: str | None = None
    error: str | None = None


class Process:
    """A running child; `address` is its loopback URL and `key` what it asks for there."""

    def __init__(self, child: asyncio.subprocess.Process, log: IO[bytes], key: str) -> None:
        self._child = child
        self._log = log
        self.key = key
        self.address = ""

    @classmethod
    async def start(cls, settings: Mapping[str, Any]) -> Self:
        """Start a child and wait until its model is loaded; raises EnvironmentFault with its words if it is not."""
        log, key = tempfile.TemporaryFile(), secrets.token_hex(16)  # noqa: SIM115 - closed by stop()
        # -P: the script's folder holds `openai.py` and others, which must not shadow packages. Own session: Ctrl-C
        # is the parent's to handle.
        command = (sys.executable, "-P", str(SCRIPT))
        child = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=log, start_new_session=True
        )
        process = cls(child, log, key)
        try:
            process.address = await process._handshake({**settings, "key": key})
        except BaseException:
            await process.stop()
            raise
        return process

    async def _handshake(self, settings: Mapping[str, Any]) -> str:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        # The key travels by pipe: other users can read a command line.
        self._child.stdin.write(msgspec.json.encode(settings) + b"\n")
        line = await self._child.stdout.readline()
        answer = msgspec.json.decode(line, type=_Answer) if line else _Answer()
        if answer.address is None:
            raise EnvironmentFault("llamacpp.load", path=settings["path"], why=answer.error or self.words())
        return answer.address

    def words(self) -> str:
        """Return the last line that the child wrote to its log, for a message."""
        # Read by position: the child writes through the same file offset.
        size = os.fstat(self._log.fileno()).st_size
        lines = os.pread(self._log.fileno(), 2000, max(0, size - 2000)).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else "-"

    async def check(self) -> None:
        """Raise Fatal if the child has ended; a broken connection may be seen a moment before the end is."""
        try:
            code = await asyncio.wait_for(self._child.wait(), 1.0)
        except TimeoutError:
            return
        raise Fatal("llamacpp.died", code=code, why=self.words())

    async def stop(self) -> None:
        """End the child: by closing its stdin, or by force if it does not go."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            await asyncio.wait_for(self._child.wait(), GRACE_SECONDS)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
        self._log.close()
