"""The readable cues of refusal and compliance, compiled once into one-pass RE2 sets.

Source of the cues: ``scorers/data/refusal.yaml``. A *zone* is a stretch of the reply
(see ``refusal_text.zones``); matching a zone says which cues occur in it, in one scan.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

MACRO = re.compile(r"\{([A-Z][A-Z0-9]*)\}")
SET_MEMORY = 512 << 20  # RE2's automaton cache; below this a set of 87 cues falls back to failure


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
    return parse_lexicon(yaml.safe_load(text))


@dataclass(frozen=True, slots=True)
class CueSet:
    """The cues of one language as an RE2 set; ``match`` gives indices into the lexicon."""

    index: tuple[int, ...]
    compiled: Any

    def match(self, zone: bytes) -> list[int]:
        """Lexicon indices of the cues found in ``zone`` (UTF-8, folded)."""
        index = self.index
        return [index[position] for position in self.compiled.Match(zone) or ()]


@cache
def cue_set(lang: str) -> CueSet:
    """The compiled set of a language: ``en``, ``zh`` or ``both``."""
    import re2

    options = re2.Options()
    options.max_mem = SET_MEMORY
    compiled = re2.Set.SearchSet(options)
    wanted = [i for i, cue in enumerate(lexicon().cues) if lang in ("both", cue.lang)]
    for position in wanted:
        compiled.Add(lexicon().cues[position].pattern)
    compiled.Compile()
    return CueSet(tuple(wanted), compiled)


@cache
def cue_pattern(position: int) -> Any:
    """One cue on its own, for finding the span to show as evidence."""
    import re2

    return re2.compile(lexicon().cues[position].pattern)


def find_span(zone: str, positions: Sequence[int]) -> tuple[int, int] | None:
    """Earliest span (character offsets) in ``zone`` of any of the cues at ``positions``."""
    best: tuple[int, int] | None = None
    for position in positions:
        found = cue_pattern(position).search(zone)
        if found and found.end() > found.start() and (best is None or found.start() < best[0]):
            best = (found.start(), found.end())
    return best
