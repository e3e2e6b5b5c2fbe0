"""Weights of the embedded models: known files as data, a content-addressed cache, and `pull`.

The cache is `$MINGJIAN_CACHE` or `~/.cache/mingjian`; `weights/sha256/<hex>/` in it holds the file, its LICENSE,
ATTRIBUTION.txt, and `verified.json`, which says what was verified.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from bench import files, resources, schema, yaml
from bench._download import Source, SourceError, chunks, shown
from bench.errors import ConfigError, EnvironmentFault, Fault, IntegrityError
from bench.types import Language, Text, Value

VARIABLE = "MINGJIAN_CACHE"
BELOW = "weights"
MARGIN = 128 * 1024 * 1024
"""Bytes that must stay free on the disk beside the file itself (one archive, logs, results)."""

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""

Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Weights(Value, frozen=True, forbid_unknown_fields=True):
    """One known weight file. `sources` are tried in order; whichever answers, the digest decides."""

    name: str
    title: Text
    file: FileName
    bytes: Annotated[int, msgspec.Meta(gt=0)]
    sha256: Hex
    quantisation: str
    licence: str
    upstream: str
    """Address of the original publication."""
    attribution: Text
    languages: tuple[Language, ...]
    sources: tuple[Source, ...]


class _Stamp(Value, frozen=True):
    """What was verified, so that a large file need not be read again to know its digest."""

    bytes: int
    mtime_ns: int
    sha256: str


def names() -> list[str]:
    """Return the names of the known weights."""
    return resources.names("configs", BELOW)


def load(name: str) -> Weights:
    """Return the weights that a built-in name or the path of a YAML file means; raises ConfigError."""
    if not resources.is_path(name) and name not in names():
        raise ConfigError.of(
            [
                Fault(
                    key="weights.unknown", facts={"name": name, **schema.nearest(name, names(), "mingjian models list")}
                )
            ]
        )
    # Names hold dots (`qwen2.5`), so the file is named here and not found by its dotted parts.
    path = Path(name) if resources.is_path(name) else resources.folder("configs") / BELOW / f"{name}.yaml"
    return schema.convert(yaml.load(path), Weights)


def cache() -> Path:
    """Return the folder of the cache, which need not exist."""
    stated = os.environ.get(VARIABLE)
    return (Path(stated) if stated else Path.home() / ".cache" / "mingjian") / "weights" / "sha256"


def place(weights: Weights) -> Path:
    """Return where the file of `weights` is or would be."""
    return cache() / weights.sha256 / weights.file


def find(name: str) -> Path | None:
    """Return the cached file of `name`, or None if it has not been pulled; raises ConfigError for an unknown name."""
    weights = load(name)
    path = place(weights)
    return path if path.is_file() and path.stat().st_size == weights.bytes else None


def require(name: str) -> Path:
    """Return the cached file of `name`; raises EnvironmentFault with the command that fetches it."""
    path = find(name)
    if path is None:
        raise EnvironmentFault("weights.missing", name=name, megabytes=load(name).bytes // 1_000_000)
    return path


def pull(name: str, progress: Progress = lambda done, total: None, sources: Sequence[Source] | None = None) -> Path:
    """Return the cached file of `name`, fetched from the first source that answers if it is not there.

    Raises IntegrityError if what came has another digest (nothing is kept), EnvironmentFault if no source answers or
    the disk is full or not writable. Two pulls of one file wait for each other.
    """
    weights = load(name)
    target = place(weights)
    try:
        with _alone(target.parent):
            if find(name) is None:
                _check_space(weights, target.parent)
                _fetch(weights, target, progress, weights.sources if sources is None else sources)
    except OSError as error:
        raise EnvironmentFault("weights.unwritable", folder=str(target.parent), why=str(error)) from error
    return target


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, waiting for another process that has it; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _check_space(weights: Weights, folder: Path) -> None:
    free, wanted = shutil.disk_usage(folder).free, weights.bytes + MARGIN
    if free < wanted:
        facts = {"folder": str(folder), "wanted": wanted // 1_000_000, "free": free // 1_000_000}
        raise EnvironmentFault("weights.disk", **facts)


def _fetch(weights: Weights, target: Path, progress: Progress, sources: Sequence[Source]) -> None:
    """Put the file of `weights` at `target` with its licence; a part file of a killed pull is overwritten."""
    part, reasons = target.with_name(f".{target.name}.part"), []
    try:
        for source in sources:
            try:
                found = _write(weights, chunks(source, weights.bytes, target.parent), part, progress)
            except SourceError as why:
                reasons.append(f"{shown(source)}: {why}")
                continue
            if found != weights.sha256:
                facts = {"name": weights.name, "source": shown(source), "found": found, "wanted": weights.sha256}
                raise IntegrityError("weights.digest", **facts)
            _keep(weights, part, target)
            return
    finally:
        part.unlink(missing_ok=True)
    raise EnvironmentFault("weights.no_source", name=weights.name, why="; ".join(reasons) or "-")


def _write(weights: Weights, stream: Iterator[bytes], part: Path, progress: Progress) -> str:
    """Write `stream` to `part` and return their SHA-256; raises SourceError for too few or too many bytes."""
    digest, done = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in stream:
            done += len(chunk)
            if done > weights.bytes:
                raise SourceError(f"more than {weights.bytes} bytes")
            digest.update(chunk)
            file.write(chunk)
            progress(done, weights.bytes)
        if done < weights.bytes:
            raise SourceError(f"cut at {done} of {weights.bytes} bytes")
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _keep(weights: Weights, part: Path, target: Path) -> None:
    """Move a verified file into place; the licence stands beside it before the file does."""
    licence = resources.folder("configs") / BELOW / f"{weights.licence}.txt"
    files.write(target.with_name("LICENSE"), licence.read_bytes())
    lines = (weights.title.en, weights.attribution.zh, weights.attribution.en, weights.upstream, weights.licence)
    files.write(target.with_name("ATTRIBUTION.txt"), ("\n".join(lines) + "\n").encode())
    part.chmod(0o444)
    part.replace(target)
    stamp = _Stamp(bytes=weights.bytes, mtime_ns=target.stat().st_mtime_ns, sha256=weights.sha256)
    files.write_json(target.with_name("verified.json"), stamp)


def digest(path: Path) -> str:
    """Return the SHA-256 of a weight file: as verified at the pull if the file has not changed since, else computed."""
    stat = path.stat()
    return _digest(path.resolve(), stat.st_size, stat.st_mtime_ns)


@functools.cache
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    stamp = path.with_name("verified.json")
    if path.is_relative_to(cache().resolve()) and stamp.is_file():
        known = files.read_json(stamp, _Stamp)
        if (known.bytes, known.mtime_ns) == (size, mtime_ns):
            return known.sha256
    return files.digest_file(path)
