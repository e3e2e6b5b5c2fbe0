"""Options that hold several names, comma-separated."""

from __future__ import annotations

from bench.errors import UsageError


def split(names: str | None) -> list[str]:
    """Return the parts of an option, each once, in order; none if it was not given."""
    return list(dict.fromkeys(name.strip() for name in (names or "").split(",") if name.strip()))


def languages(names: str | None) -> list[str]:
    """Return the languages of an option, none if it was not given; raises UsageError if it was and names none."""
    found = split(names)
    if names is not None and not found:
        raise UsageError("run.languages_empty")
    return found
