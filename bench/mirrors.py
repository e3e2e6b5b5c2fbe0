"""Where the files of external data sets can be had: hubs and their mirrors, GitHub at a commit, an offline folder.

Mirrors are chosen by environment: `HF_ENDPOINT`, `MODELSCOPE_ENDPOINT`, `MINGJIAN_GITHUB_ENDPOINT`. Whichever answers,
the digest in the definition decides.
"""

from __future__ import annotations

import http.client
import os
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import canonical, files, tables
from bench.errors import ConfigError, EnvironmentFault, IntegrityError
from bench.rows import File, Origin

ENDPOINTS = {
    "HF_ENDPOINT": "https://huggingface.co",
    "MODELSCOPE_ENDPOINT": "https://www.modelscope.cn",
    "MINGJIAN_GITHUB_ENDPOINT": "https://raw.githubusercontent.com",
}
"""Environment variable → address without it."""
SECONDS = 60.0


def addresses(path: str, origin: Origin | None, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield the addresses of a file in the order in which they are tried. `path` is local: `set/inner/file`."""
    if origin is None:
        return
    inner = f"{origin.below}/{Path(path).name}" if origin.below is not None else path.partition("/")[2]
    inner = urllib.parse.quote(inner)
    if origin.hub is not None:
        yield f"{endpoint('HF_ENDPOINT', environ)}/datasets/{origin.hub}/resolve/{origin.revision}/{inner}"
    if origin.modelscope is not None:
        scope = endpoint("MODELSCOPE_ENDPOINT", environ)
        yield f"{scope}/datasets/{origin.modelscope}/resolve/{origin.revision}/{inner}"
    if origin.github is not None and origin.commit is not None:
        yield f"{endpoint('MINGJIAN_GITHUB_ENDPOINT', environ)}/{origin.github}/{origin.commit}/{inner}"


def endpoint(variable: str, environ: Mapping[str, str]) -> str:
    """Return the address of a service, as the environment has it."""
    return (environ.get(variable) or ENDPOINTS[variable]).rstrip("/")


def fetch(file: File, origin: Origin | None, target: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Write a file from the first address that answers and return the address.

    Raises IntegrityError for another digest (nothing is written), EnvironmentFault if no address gives the file.
    """
    reasons = []
    for address in addresses(file.path, origin, environ):
        try:
            data = download(address)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reasons.append(f"{address}: {error}")
            continue
        keep(data, file, target, address)
        return address
    raise EnvironmentFault("data.unfetched", path=file.path, why="; ".join(reasons) or "–")


def download(address: str) -> bytes:
    """Return the body at an http(s) address; raises ValueError for another kind of address or too large a body."""
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise ValueError("not http or https")
    request = urllib.request.Request(address, headers={"User-Agent": "mingjian"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        data = bytes(answer.read(tables.MAX_BYTES + 1))
    if len(data) > tables.MAX_BYTES:
        raise ValueError(f"more than {tables.MAX_BYTES} bytes")
    return data


def copy(file: File, folder: Path, target: Path) -> None:
    """Write a file from an offline folder of the same layout; raises EnvironmentFault if it is not there."""
    source = folder / file.path
    if not source.is_file():
        raise EnvironmentFault("data.unfetched", path=file.path, why=str(source))
    keep(source.read_bytes(), file, target, str(source))


def keep(data: bytes, file: File, target: Path, source: str) -> None:
    """Write `data` as the file; raises IntegrityError, and writes nothing, unless its digest is the pinned one."""
    found = canonical.digest_bytes(data)
    if found != file.sha256:
        raise IntegrityError("data.digest", name=file.path, source=source, found=found, wanted=file.sha256)
    place = target / file.path
    if not place.resolve().is_relative_to(target.resolve()):
        raise ConfigError("file.outside", name=file.path)
    files.write(place, data)
