"""Data files that scorers ship: weights and word lists. Their digests are part of a scorer's configuration."""

from __future__ import annotations

import functools
import hashlib
from importlib import resources


@functools.cache
def digest(*names: str) -> str:
    """Return the SHA-256 over the bytes of the named files of this package, in order."""
    found = hashlib.sha256()
    for name in names:
        found.update(resources.files("scorers").joinpath(name).read_bytes())
    return found.hexdigest()
