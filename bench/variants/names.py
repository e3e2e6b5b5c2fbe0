"""Names of variants: `plain`, `typo`, `wrap:role-play`, `homophone+wrap:fiction`; and groups of them."""

from __future__ import annotations

from collections.abc import Iterator

from bench import schema
from bench.errors import UsageError
from bench.types import Value

LISTED_BY = "mingjian variants list"
PLAIN = "plain"
PREFIX = "wrap:"
JOINT = "+"
GROUPS = ("perturbations", "wrappers", "all", "zh", "en")
"""`zh` and `en`: the perturbations that work in that language; `all`: perturbations and wrappers."""


class Variant(Value, frozen=True):
    """Perturbations in the order they are applied, and at most one wrapper around the result."""

    families: tuple[str, ...] = ()
    wrapper: str | None = None

    @property
    def id(self) -> str:
        """The name: `parse(variant.id) == variant`."""
        wrapper = () if self.wrapper is None else (PREFIX + self.wrapper,)
        return JOINT.join((*self.families, *wrapper)) or PLAIN


def parse(name: str) -> Variant:
    """Return the variant of a name; raises UsageError that offers the nearest name."""
    parts = [part.strip() for part in name.split(JOINT)]
    if parts == [PLAIN]:
        return Variant()
    for part in parts:
        if part not in known():
            raise UsageError("variant.unknown", name=part, **near(part))
    if PLAIN in parts:
        raise UsageError("variant.plain", name=name)
    if len(set(parts)) < len(parts):
        raise UsageError("variant.twice", name=name)
    if any(part.startswith(PREFIX) for part in parts[:-1]):
        raise UsageError("variant.wrapper_last", name=name)
    wrapper = parts.pop().removeprefix(PREFIX) if parts[-1].startswith(PREFIX) else None
    return Variant(families=tuple(parts), wrapper=wrapper)


def near(name: str) -> dict[str, object]:
    """Return the nearest name as a fact; a wrapper is also found without its prefix."""
    candidates = [*known(), *GROUPS]
    found = schema.nearest(name, candidates, LISTED_BY)
    if found["near"] is None:
        found = schema.nearest(PREFIX + name, candidates, LISTED_BY)
    return found


def known() -> list[str]:
    """Return every name that may stand alone."""
    from bench.variants import families, wrappers  # most runs ask plain items only

    return [PLAIN, *families.by_name(), *(PREFIX + name for name in wrappers.names())]


def expand(wish: str) -> tuple[str, ...]:
    """Return the variant ids that a comma-separated wish means, `plain` first, each once, in the order asked for.

    >>> expand("typo,wrap:fiction")
    ('plain', 'typo', 'wrap:fiction')
    """
    asked = [part.strip() for part in wish.split(",") if part.strip()]
    found = [name for part in asked for name in (group(part) if part in GROUPS else [parse(part).id])]
    return tuple(dict.fromkeys((PLAIN, *found)))


def group(name: str) -> Iterator[str]:
    """Yield the members of a group."""
    from bench.variants import families, wrappers

    if name != "wrappers":
        for family in families.FAMILIES:
            if family.listed and (name in ("perturbations", "all") or family.speaks(name)):
                yield family.name
    if name in ("wrappers", "all"):
        yield from (PREFIX + wrapper for wrapper in wrappers.names())


def groups_of(name: str) -> list[str]:
    """Return the groups that a perturbation or wrapper belongs to."""
    return [known_group for known_group in GROUPS if name in group(known_group)]
