"""Which cues stand in a stretch of text: two exact engines with the same answer.

RE2 sets are ready at once but slow on texts they have not seen; Hyperscan (where it is installed) takes some two
seconds to compile and is then ten times faster. What it compiled is kept for later processes (``bench.cache``): where
it is found it is used from the first reply, elsewhere a process turns to Hyperscan after ``PATIENCE`` replies.
"""

import importlib.util
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import cache as disk
from scorers.refusal_cues import lexicon

SET_MEMORY = 512 << 20  # RE2's automaton cache; below this a set of 87 cues falls back to failure
PATIENCE = 2048  # replies a process judges before it compiles the fast engine
LANGS = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}

Scan = Callable[[bytes], list[int]]
"""Gives the lexicon indices, in any order, of the cues in a zone (UTF-8, folded)."""


@dataclass(frozen=True, slots=True)
class CueSet:
    """The cues of one language as an RE2 set."""

    index: tuple[int, ...]
    compiled: Any

    def match(self, zone: bytes) -> list[int]:
        """Lexicon indices of the cues found in ``zone``."""
        index = self.index
        return [index[position] for position in self.compiled.Match(zone) or ()]


@cache
def cue_set(lang: str) -> CueSet:
    """The RE2 set of a language: ``en``, ``zh`` or ``both``."""
    import re2

    wanted = tuple(i for i, cue in enumerate(lexicon().cues) if cue.lang in LANGS[lang])
    options = re2.Options()
    options.max_mem = SET_MEMORY
    compiled = re2.Set.SearchSet(options)
    for position in wanted:
        compiled.Add(lexicon().cues[position].pattern)
    compiled.Compile()
    return CueSet(wanted, compiled)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Hyperscan database is compiled from: places in the lexicon, and their patterns."""

    index: tuple[int, ...]
    patterns: tuple[str, ...]

    @property
    def file(self) -> Path:
        """Where the compiled database is kept."""
        versions = (version("hyperscan"), platform.machine(), sys.byteorder)
        return disk.place("scans", (*versions, *map(str, self.index), *self.patterns))


@cache
def wanted(lang: str) -> Wanted:
    """What the database of one language, ``en`` or ``zh``, is compiled from."""
    index = tuple(i for i, cue in enumerate(lexicon().cues) if cue.lang == lang)
    return Wanted(index, tuple(lexicon().cues[i].pattern for i in index))


@cache
def database(lang: str) -> Any:
    """The Hyperscan database of one language, ``en`` or ``zh``: the kept one, else compiled and kept."""
    import hyperscan

    built = kept(lang)
    if built is None:
        chosen = wanted(lang)
        flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_ALLOWEMPTY
        built = hyperscan.Database()
        sources = [pattern.encode() for pattern in chosen.patterns]
        built.compile(expressions=sources, ids=chosen.index, flags=[flags] * len(sources))
        disk.keep(chosen.file, hyperscan.dumpb(built))
    built.scratch = hyperscan.Scratch(built)
    return built


@cache
def kept(lang: str) -> Any:
    """The database that an earlier process compiled, or None; one of another Hyperscan or processor is none."""
    import hyperscan

    data = disk.read(wanted(lang).file)
    try:
        return None if data is None else hyperscan.loadb(data, mode=hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError:
        return None


def note(position: int, start: int, end: int, flags: int, found: list[int]) -> None:
    """What Hyperscan calls for each cue it finds."""
    found.append(position)


@cache
def fast_scan(lang: str) -> Scan:
    """The Hyperscan engine of a language: ``en``, ``zh`` or ``both``."""
    scans = [database(part).scan for part in LANGS[lang]]

    def find(zone: bytes) -> list[int]:
        found: list[int] = []
        for scan in scans:
            scan(zone, note, 0, found)
        return found

    return find


@dataclass(slots=True)
class Work:
    """How many replies this process has judged: decides which engine pays, never what is found."""

    replies: int = 0

    def scan(self, lang: str) -> Scan:
        """The engine of a language that pays at this point."""
        if has_fast() and (self.replies > PATIENCE or all(kept(part) is not None for part in LANGS[lang])):
            return fast_scan(lang)
        return cue_set(lang).match


@cache
def has_fast() -> bool:
    """Whether Hyperscan is installed (x86-64 Linux only)."""
    return importlib.util.find_spec("hyperscan") is not None


WORK = Work()


def expect(replies: int) -> None:
    """Compile the fast engine where so many replies are to come, the two languages at once: children then share it."""
    if replies <= PATIENCE or not has_fast():
        return
    WORK.replies += PATIENCE + 1
    if any(kept(part) is None for part in LANGS["both"]):
        with ThreadPoolExecutor(len(LANGS["both"])) as pool:
            list(pool.map(database, LANGS["both"]))
