"""Exchanges of a run with variants."""

from __future__ import annotations

import random

import msgspec

from bench.report.document import Exchange
from tests.bench.report.documents import RISK, drawn


def varied(items: int = 24, seed: int = 7) -> list[Exchange]:
    """Return exchanges of risk items, plain and in three variants: one breaks them, one is in English only."""
    draw = random.Random(seed)
    made: list[Exchange] = []
    chances = {"plain": 0.95, "typo": 0.9, "wrap:role-play": 0.2, "homophone+wrap:fiction": 0.6}
    for number in range(items):
        for lang in ("zh", "en"):
            for name in [name for name in chances if not (lang == "zh" and name == "typo")]:
                about = ("risk", RISK[number % len(RISK)], lang, f"ris-{number:05d}")
                one = drawn(draw, len(made), about, chances[name])
                made.append(msgspec.structs.replace(one, variant=name, hidden=False))
    return made
