"""The readable cues of refusal and compliance.

Source: ``scorers/data/refusal.yaml``. A *zone* is a stretch of the reply (see ``refusal_text.zones``);
``refusal_scan`` says which cues occur in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

MACRO = re.compile(r"\{([A-Z][A-Z0-9]*)\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """One readable pattern: what it is called, what it is evidence of, and its RE2 source."""

    id: str
    lang: str
    family: str
    strength: int
    pattern: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All cues, in file order, and the names of their families, sorted."""

    cues: tuple[Cue, ...]
    families: tuple[str, ...]


def expand(pattern: str, macros: Mapping[str, str]) -> str:
    """Replace ``{NAME}`` by its macro, three levels deep at most."""
    for _ in range(3):
        pattern = MACRO.sub(lambda found: macros[found.group(1)], pattern)
    return pattern


def both_scripts(pattern: str, pairs: Mapping[str, str]) -> str:
    """Let every simplified character of ``pairs`` also match its traditional form."""
    out: list[str] = []
    inside = escaped = False
    for char in pattern:
        twin = pairs.get(char)
        if escaped or twin is None:
            out.append(char)
        else:
            out.append(f"{char}{twin}" if inside else f"[{char}{twin}]")
        if not escaped and char in "[]":
            inside = char == "["
        escaped = char == "\\" and not escaped
    return "".join(out)


def parse_lexicon(document: Mapping[str, Any]) -> Lexicon:
    """Build the lexicon from the parsed YAML document."""
    pairs = {pair[0]: pair[1] for pair in document["variants"].split()}
    macros: dict[str, str] = dict(document["macros"])
    cues: list[Cue] = []
    for row in document["cues"]:
        source = expand(row["pattern"], macros)
        if row["lang"] == "zh":
            source = both_scripts(source, pairs)
        cues.append(Cue(row["id"], row["lang"], row["family"], int(row["strength"]), source))
    return Lexicon(tuple(cues), tuple(sorted({cue.family for cue in cues})))


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, read on first use."""
    import yaml

    text = resources.files("scorers").joinpath("data/refusal.yaml").read_text(encoding="utf-8")
    return parse_lexicon(yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def cue_pattern(position: int) -> Any:
    """One cue on its own, for finding the span to show as evidence."""
    import re2

    return re2.compile(lexicon().cues[position].pattern)


def find_span(zone: bytes, position: int) -> tuple[int, int] | None:
    """Span (character offsets) in ``zone`` (UTF-8) of the cue at ``position``."""
    found = cue_pattern(position).search(zone)
    if found is None or found.end() <= found.start():
        return None
    if zone.isascii():
        return found.start(), found.end()
    return len(zone[: found.start()].decode("utf-8", "replace")), len(zone[: found.end()].decode("utf-8", "replace"))
