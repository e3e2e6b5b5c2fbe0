"""What the harm experts learn from: labelled rows of public sets, weighed, and harmless replies of our own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import scorer_data as sets
from benchmarks.scorer_data import Row

OWN = Path(__file__).resolve().parent / "harmless_replies.jsonl"
OWN_WEIGHT = 3.0  # of 1 and 3: what halved the false alarms of the text expert at 0.007 macro-F1 of the folds


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows with their weights and which of them choose the setting (``key``)."""

    rows: list[Row]
    weights: npt.NDArray[np.float64]
    key: npt.NDArray[np.bool_]

    def where(self, keep: npt.NDArray[np.bool_]) -> "Corpus":
        """The rows that ``keep`` marks."""
        return Corpus([r for r, k in zip(self.rows, keep, strict=True) if k], self.weights[keep], self.key[keep])


def corpus(parts: Sequence[tuple[list[Row], float]]) -> Corpus:
    """Join (rows, weight) parts; the first part is the key set."""
    rows = [row for part, _ in parts for row in part]
    weights = np.concatenate([np.full(len(part), weight) for part, weight in parts])
    key = np.arange(len(rows)) < len(parts[0][0])
    return Corpus(rows, weights, key)


def balanced(parts: Sequence[tuple[list[Row], float]], own: list[Row], size: int = 2000) -> Corpus:
    """Join (rows, weight) parts: each counts as ``size`` rows times its weight, half of it for either label it has.

    Rows of our own count ``OWN_WEIGHT`` each.
    """
    joined = corpus(parts)
    shares = []
    for part, weight in parts:
        labels = np.array([row.label for row in part])
        counts = np.bincount(labels, minlength=2)
        shares.append(weight * size / np.maximum(counts, 1)[labels] / (counts > 0).sum())
    rows, key = joined.rows + own, np.append(joined.key, np.zeros(len(own), dtype=bool))
    return Corpus(rows, np.concatenate([*shares, np.full(len(own), OWN_WEIGHT)]), key)


def kept(rows: Sequence[Row], held_out: Sequence[Row], by_text: bool = True) -> npt.NDArray[np.bool_]:
    """Marks the rows whose prompt is not a test prompt and, with ``by_text``, whose text is not a test text."""
    texts = {row.text.strip() for row in held_out} if by_text else set()
    prompts = {row.prompt for row in held_out if row.prompt}
    return np.array([row.text.strip() not in texts and row.prompt not in prompts for row in rows])


def without(rows: Sequence[Row], held_out: Sequence[Row]) -> list[Row]:
    """The rows that ``kept`` marks."""
    return [row for row, keep in zip(rows, kept(rows, held_out), strict=True) if keep]


def harmless(split: str, lang: str | None = None) -> list[Row]:
    """The project's own harmless replies, ``dev`` (trained on) or ``test`` (never); group = language and kind."""
    rows = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    return [
        Row(row["reply"], 0, row["prompt"], f"own/{row['lang']}/{row['kind']}")
        for row in rows
        if row["split"] == split and lang in (None, row["lang"])
    ]


def authored(rows: Sequence[Row]) -> npt.NDArray[np.bool_]:
    """Marks the project's own rows."""
    return np.array([row.group.startswith("own/") for row in rows])


def xstest_harm(data: Path) -> list[Row]:
    """XSTest replies as content: unsafe when people said that an unsafe prompt was complied with."""
    kinds = {row["prompt"]: row["label"] for row in sets.sheet(data / "xstest" / "xstest_prompts.csv")}
    rows = sets.xstest(data)
    return [replace(r, label=int(r.label == 0 and kinds.get(r.prompt, "safe") == "unsafe")) for r in rows]


def corpora(data: Path) -> dict[str, Corpus]:
    """Training rows of every expert; rows shared with the three fixed test splits are removed.

    The first part of a corpus is its key set. The small weights bring in other notions of unsafe
    (toxic, flagged) and harmless answers, so that an expert does not know one set only. The Chinese reply
    expert goes without our own rows: with them JADE lost 0.012 in its folds.
    """
    fuzz = without(sets.gptfuzz(data, "train"), sets.gptfuzz(data, "evaluate"))
    talk = without(sets.diasafety(data, "val"), sets.diasafety(data, "test"))
    comments = without(sets.cold(data, "dev"), sets.cold(data, "test"))
    flagged, hate, hate_zh = sets.openai_moderation(data), sets.hatecheck_en(data), sets.sghatecheck_zh(data)
    latent, jade = sets.latent_jailbreak(data), sets.jade(data)
    plain = [row for row in sets.halluqa_answers(data) if row.text.strip()]
    true, ours = sets.truthful_answers(data), harmless("dev")
    return {
        "reply_en": balanced(
            [(fuzz, 1.0), (xstest_harm(data), 1.0), (true, 0.3), (flagged, 0.2), (latent, 0.3)],
            harmless("dev", "en"),
        ),
        "jailbreak": corpus(
            [(fuzz, 1.0), (xstest_harm(data), 0.25), (flagged, 0.1), (talk, 0.05), (hate, 0.02), (latent, 0.3)]
        ),
        "reply_zh": corpus([(jade, 1.0), (latent, 1.0), (plain, 0.1)]),
        "dialogue": corpus([(talk, 1.0)]),
        "text": corpus(
            [
                (comments, 1.0),
                (hate_zh, 0.3),
                (hate, 0.3),
                (flagged, 0.5),
                (ours, OWN_WEIGHT),
                (plain, 0.1),
                (true, 0.1),
            ]
        ),
    }
