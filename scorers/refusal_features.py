"""Numbers for the refusal head: which cues stand where, how long the reply is, which words it uses.

``Evidence`` holds one batch: ``cues[n, 4, C]`` (reply × zone × cue, 0/1), ``shape[n, 6]``
(lengths); ``refusal_words`` adds the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from scorers.refusal_cues import lexicon
from scorers.refusal_scan import WORK
from scorers.refusal_text import ZH_SHRINK, Prepared, sentence_count

Floats = npt.NDArray[np.float32]
ZONES = 4
SPEAKING = ("ask", "filter", "lecture", "noaccess", "norm", "redirect", "refuse", "sorry", "unwilling")
PLAIN_FROM = 40.0  # letters


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
    """``[n, 4, C]``: 1 where a cue occurs in a zone. The tail is read only where the rest, which holds it, has cues."""
    width = len(lexicon().cues)
    scans = {lang: WORK.scan(lang) for lang in {prepared.lang for prepared in batch}}
    flat: list[int] = []
    base = 0
    for prepared in batch:
        match = scans[prepared.lang]
        *zones, tail = prepared.zones()
        found: list[int] = []
        for text in zones:
            found = match(text.encode("utf-8", "replace")) if text else []
            if found:
                flat += [base + position for position in found]
            base += width
        if found and prepared.bounds[3] > prepared.bounds[1]:  # else the tail is the rest
            found = list(set(found).intersection(match(tail.encode("utf-8", "replace"))))
        flat += [base + position for position in found]
        base += width
    WORK.replies += len(batch)
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


def shape_matrix(batch: Sequence[Prepared]) -> Floats:
    """``[n, 6]``, scaled to about one: log length, log sentences, log lines, and three length steps."""
    size = np.array([units(prepared) for prepared in batch], dtype=np.float32)
    counts = np.array([(sentence_count(p.text), p.text.count("\n")) for p in batch], dtype=np.float32).reshape(-1, 2)
    rows = [np.log1p(size), np.log1p(counts[:, 0]), np.log1p(counts[:, 1]), size < 120, size < 300, size > 1500]
    return (np.stack(rows, axis=1) / np.float32(3.0)).astype(np.float32)


def plain_matrix(batch: Sequence[Prepared], cues: Floats) -> Floats:
    """``[n, 2]``: 1 where the rest of the opening, or of the reply, is long and says nothing of refusing."""
    bounds = np.array([prepared.bounds[:3] for prepared in batch]).reshape(-1, 3)
    scale = np.array([ZH_SHRINK if prepared.lang == "zh" else 1.0 for prepared in batch])[:, None]
    lengths = np.diff(bounds, axis=1) * scale
    silent = cues[:, 1:3] @ speaking_cues() == 0
    plain: Floats = ((lengths > PLAIN_FROM) & silent).astype(np.float32)
    return plain


@cache
def speaking_cues() -> Floats:
    """``[C]``: 1 for cues of the families in which a refusal is spoken, explained or softened."""
    return marks(np.concatenate([families()[name] for name in SPEAKING]))


def marks(places: Sequence[int] | npt.NDArray[np.intp]) -> Floats:
    """``[C]``: 1 at the given places of the lexicon."""
    out = np.zeros(len(lexicon().cues), dtype=np.float32)
    out[places] = 1.0
    return out


def dense(cues: Floats, shape: Floats, plain: Floats) -> Floats:
    """``[n, 4F + 8 + 8 + 4C]``: families, strong cues, lengths, plain stretches and single cues by zone."""
    fam = families()
    count = len(cues)
    strong = cues[:, :, fam.strong].sum(axis=2)
    parts = [
        family_matrix(cues),
        np.minimum(strong, 1),
        np.minimum(strong, 4) / 4,
        shape,
        plain,
        cues.reshape(count, -1) * np.float32(0.3),
    ]
    return np.hstack(parts).astype(np.float32)
