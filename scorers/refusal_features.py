"""Numbers for the refusal head: which cues stand where, how long the reply is, which words it uses.

``Evidence`` holds one batch: ``cues[n, 4, C]`` (reply × zone × cue, 0/1), ``shape[n, 6]`` (lengths)
and, per lexical zone (opening, rest), the token sets of the replies.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scorers.refusal_cues import cue_set, lexicon
from scorers.refusal_text import ZH_SHRINK, Prepared, sentence_count

Floats = npt.NDArray[np.float32]
TOKEN = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]")
ZONES = 4
REST_MAX = 800  # characters of the rest that the lexical part reads


@dataclass(frozen=True, slots=True)
class Families:
    """Where the cues of each family and the strong cues stand in the lexicon."""

    names: tuple[str, ...]
    columns: tuple[npt.NDArray[np.intp], ...]
    strong: npt.NDArray[np.intp]

    def __getitem__(self, name: str) -> npt.NDArray[np.intp]:
        return self.columns[self.names.index(name)]


@cache
def families() -> Families:
    """Index of the shipped lexicon by family."""
    lex = lexicon()
    columns = tuple(
        np.array([i for i, cue in enumerate(lex.cues) if cue.family == name], dtype=np.intp) for name in lex.families
    )
    strong = np.array([i for i, cue in enumerate(lex.cues) if cue.strength == 2], dtype=np.intp)
    return Families(lex.families, columns, strong)


def units(prepared: Prepared) -> float:
    """Length in Latin-letter equivalents, so that zh and en compare."""
    return len(prepared.text) * (ZH_SHRINK if prepared.lang == "zh" else 1.0)


def cue_matrix(batch: Sequence[Prepared]) -> Floats:
    """``[n, 4, C]``: 1 where a cue occurs in a zone."""
    width = len(lexicon().cues)
    flat: list[int] = []
    base = 0
    for prepared in batch:
        match = cue_set(prepared.lang).match
        found: list[int] = []
        for zone, text in enumerate(prepared.zones()):
            if zone < ZONES - 1 or prepared.bounds[3] > prepared.bounds[1]:  # else the tail is the rest
                found = match(text.encode("utf-8", "replace")) if text else []
            flat += [base + position for position in found]
            base += width
    out = np.zeros(len(batch) * ZONES * width, dtype=np.float32)
    out[flat] = 1.0
    return out.reshape(len(batch), ZONES, width)


def family_matrix(cues: Floats) -> Floats:
    """``[n, 4F]``: 1 where any cue of a family occurs in a zone."""
    fam = families()
    member = np.zeros((cues.shape[2], len(fam.names)), dtype=np.float32)
    for place, column in enumerate(fam.columns):
        member[column, place] = 1.0
    present: Floats = np.minimum(cues @ member, 1).reshape(len(cues), -1).astype(np.float32)
    return present


def shape_row(prepared: Prepared) -> tuple[float, ...]:
    """Log length, log sentences, log lines, and three length steps."""
    size = units(prepared)
    return (
        math.log1p(size),
        math.log1p(sentence_count(prepared.text)),
        math.log1p(prepared.text.count("\n")),
        float(size < 120),
        float(size < 300),
        float(size > 1500),
    )


def shape_matrix(batch: Sequence[Prepared]) -> Floats:
    """``[n, 6]`` of ``shape_row``, scaled to about one."""
    rows = np.array([shape_row(prepared) for prepared in batch], dtype=np.float32)
    return (rows / np.float32(3.0)).reshape(len(batch), 6)


def dense(cues: Floats, shape: Floats) -> Floats:
    """``[n, 4F + 8 + 6 + 4C]``: families, strong cues, lengths and single cues by zone."""
    fam = families()
    count = len(cues)
    strong = cues[:, :, fam.strong].sum(axis=2)
    parts = [
        family_matrix(cues),
        np.minimum(strong, 1),
        np.minimum(strong, 4) / 4,
        shape,
        cues.reshape(count, -1) * np.float32(0.3),
    ]
    return np.hstack(parts).astype(np.float32)


@cache
def blanks() -> str:
    """ASCII translation that keeps what words are made of and blanks the rest."""
    kept = set("abcdefghijklmnopqrstuvwxyz0123456789'")
    return "".join(chr(code) if chr(code) in kept else " " for code in range(128))


def words_of(text: str) -> list[str]:
    """Words, or single Chinese characters, of folded text."""
    return text.translate(blanks()).split() if text.isascii() else TOKEN.findall(text)


def tokens(text: str) -> list[str]:
    """Words (or single Chinese characters) and their pairs, with repeats."""
    words = words_of(text)
    return words + [f"{left} {right}" for left, right in pairwise(words)]


def tokens_of(texts: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Words of all texts in one list, and for each the number of the text that owns it."""
    found: list[str] = []
    counts: list[int] = []
    for text in texts:
        words = words_of(text)
        found += words
        counts.append(len(words))
    return found, np.repeat(np.arange(len(texts)), np.array(counts, dtype=np.int64))


def lexical_zones(prepared: Prepared) -> tuple[str, str]:
    """The opening and the rest, as the lexical part sees them."""
    head = prepared.bounds[1]
    return prepared.text[:head], prepared.text[head : head + REST_MAX]
