"""Style fingerprints: whose replies do a model's replies resemble, on the same questions?

A reference is a set of captured replies of a known model (a run folder, or JSON lines or CSV as `replay:` reads them).
Only questions that the run and every reference of a language answered are compared, so that a likeness is one of
style and not of topic. A likeness is a lead for a person to follow; it proves no origin.

* divergence: Jensen-Shannon divergence in bits (Lin 1991; 0 the same, 1 disjoint) of the distributions of character
  trigrams, hashed into 4,096 places. The share of bootstrap resamples of the questions in which a reference is the
  nearest one says how far the order is chance.
* openings: replies that begin with the same words as the reference's reply to the same question.
* refusals: of the questions that both refuse, those refused with the same opening words.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import bulk, languages
from bench.adapters import replay
from bench.engine.journal import RECORDS_FILE
from bench.errors import ConfigError, Fault, UsageError
from bench.rates import estimate
from bench.robustness import PLAIN
from bench.scoring import Run
from bench.types import Estimate, Language, Record, Score, Value

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float64]]

PLACES = 4096
RESAMPLES = 400
FEWEST = 20
"""Common questions that a language needs for a comparison."""
LONGEST = 2000
"""Characters of a reply that are looked at."""
OPENING = {"zh": 8}
WORDS = 4
"""An opening: so many characters of Chinese, so many words of any other language."""
REFUSALS = frozenset(("refused", "safe_redirect"))
_NOISE = re.compile(r"[\W_]+")

Replies = Mapping[tuple[str, Language], str]
"""Item and language → text."""


class Likeness(Value, frozen=True):
    """How far the run resembles one reference in one language, over `questions` that all answered."""

    reference: str
    lang: Language
    questions: int
    divergence: float
    nearest: float
    """Share of resamples in which this reference is the nearest one."""
    openings: Estimate
    refusals: Estimate


def replies_of(records: Iterable[Record]) -> dict[tuple[str, Language], str]:
    """Return the answered plain replies of a run, the first epoch of each."""
    found: dict[tuple[str, Language], str] = {}
    for record in records:
        if record.reply.status == "answered" and record.case.variant == PLAIN:
            found.setdefault((record.case.item, record.case.lang), record.reply.text)
    return found


def read(path: Path) -> dict[tuple[str, Language], str]:
    """Return the replies of a reference; raises ConfigError naming the file and line of what cannot be read."""
    source = path / RECORDS_FILE if path.is_dir() else path
    if not source.is_file():
        raise ConfigError.of([Fault(key="file.missing", file=str(source))])
    found: dict[tuple[str, Language], str] = {}
    for number, answer in replay.read(source):
        if (answer.case or answer).variant != PLAIN:
            continue
        reply = answer.content()
        try:
            _, item, lang, _, _ = answer.key()
        except ValueError as error:
            raise ConfigError.of([Fault(key="replay.no_item", file=str(source), line=number)]) from error
        if reply.status == "answered":
            found.setdefault((item, lang or languages.of_text(reply.text)), reply.text)
    return found


def compare(run: Run, references: Mapping[str, Path], seed: int = 0) -> list[Likeness]:
    """Return the likeness of a run to each reference, nearest first in each language.

    Raises UsageError if fewer than two references are named, or no language has FEWEST questions that all answered.
    """
    if len(references) < 2:
        raise UsageError("fingerprint.references")
    own = replies_of(run.records)
    others = {name: read(path) for name, path in references.items()}
    found: list[Likeness] = []
    for lang in sorted({lang for _, lang in own}):
        common = [key for key in sorted(own) if key[1] == lang and all(key in other for other in others.values())]
        if len(common) >= FEWEST:
            found += in_language(common, own, others, seed)
    if not found:
        raise UsageError("fingerprint.common", fewest=FEWEST)
    return found


def in_language(
    keys: Sequence[tuple[str, Language]], own: Replies, others: Mapping[str, Replies], seed: int
) -> list[Likeness]:
    """Return the likenesses in one language."""
    lang = keys[0][1]
    distances = resampled([profile(own, keys), *(profile(other, keys) for other in others.values())], seed)
    nearest = shares(distances[1:])
    refused = refusals(own, keys)
    made = []
    for index, (name, other) in enumerate(others.items()):
        both = refused & refusals(other, keys)
        made.append(
            Likeness(
                reference=name,
                lang=lang,
                questions=len(keys),
                divergence=round(float(distances[0, index]), 6),
                nearest=round(float(nearest[index]), 6),
                openings=agreement(keys, own, other),
                refusals=agreement([key for key in keys if key in both], own, other),
            )
        )
    return sorted(made, key=lambda one: (one.divergence, one.reference))


def profile(replies: Replies, keys: Sequence[tuple[str, Language]]) -> Matrix:
    """Return the relative frequencies of hashed character trigrams, one row a question."""
    import numpy as np

    made = np.zeros((len(keys), PLACES))
    for row, key in enumerate(keys):
        text = unicodedata.normalize("NFKC", replies[key][:LONGEST]).lower()
        grams = (text[i : i + 3] for i in range(max(1, len(text) - 2)))
        places = np.fromiter((zlib.crc32(gram.encode("utf-8", "replace")) % PLACES for gram in grams), dtype=np.int64)
        np.add.at(made[row], places, 1 / max(1, len(places)))
    return made


def resampled(profiles: Sequence[Matrix], seed: int) -> Matrix:
    """Return the divergence of the first profile from each other one: row 0 as asked, then one row a resample."""
    import numpy as np

    count = len(profiles[0])
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    weights = np.vstack([np.ones((1, count)), draws]) / count
    means = [weights @ one for one in profiles]
    return np.column_stack([divergence(means[0], other) for other in means[1:]])


def shares(distances: Matrix) -> Matrix:
    """Return in which share of the rows each column is the least; equal ones divide the row among them."""
    least = distances <= distances.min(axis=1, keepdims=True) + 1e-12
    found: Matrix = (least / least.sum(axis=1, keepdims=True)).mean(axis=0)
    return found


def divergence(first: Matrix, second: Matrix) -> Matrix:
    """Return the Jensen-Shannon divergence in bits of two distributions, row by row (Lin 1991)."""
    import numpy as np

    middle = (first + second) / 2

    def half(one: Matrix) -> Matrix:
        ratio = np.divide(one, middle, out=np.ones_like(one), where=one > 0)
        return np.asarray((one * np.log2(ratio)).sum(axis=1))

    return np.asarray((half(first) + half(second)) / 2)


def opening(text: str, lang: Language) -> str:
    """Return the first words of a reply without marks, in small letters; empty if it has none."""
    words = _NOISE.sub(" ", unicodedata.normalize("NFKC", text[:400])).lower().split()
    if lang in OPENING:
        return "".join(words)[: OPENING[lang]]
    return " ".join(words[:WORDS])


def agreement(keys: Sequence[tuple[str, Language]], own: Replies, other: Replies) -> Estimate:
    """Return the share of questions that both replies open alike."""
    pairs = ((key, opening(own[key], key[1]), opening(other[key], key[1])) for key in keys)
    return estimate(((lang, item), bool(mine) and mine == theirs, "") for (item, lang), mine, theirs in pairs)


def refusals(replies: Replies, keys: Sequence[tuple[str, Language]]) -> set[tuple[str, Language]]:
    """Return the questions that are refused, by the refusal scorer."""
    lines = [(i, bulk.Line(reply=replies[key], lang=key[1])) for i, key in enumerate(keys)]
    scores: list[Score] = bulk.score_lines(lines, bulk.Job("refusal", Path()))
    return {key for key, score in zip(keys, scores, strict=True) if score.label in REFUSALS}
