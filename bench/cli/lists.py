"""Options that hold several names, comma-separated."""

from __future__ import annotations


def split(names: str | None) -> list[str]:
    """Return the parts of an option, each once, in order; none if it was not given."""
    return list(dict.fromkeys(name.strip() for name in (names or "").split(",") if name.strip()))
