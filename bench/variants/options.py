"""The order of the options of a multiple-choice item: drawn, shown, and mapped back.

A record keeps `order`: the option shown at place i is the item's option `order[i]`. A scorer that reads the i-th
letter in a reply maps it back by `order[i]` and compares that with the item's `answer`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from bench.types import Language
from bench.variants import sites

Order = tuple[int, ...]

_BOUND = {
    "zh": re.compile(
        r"(?:以上|上述|前述)[^，。；]{0,6}?(?:都|均|皆|全|不|选项|说法|答案|正确|错误)|前者|后者"
        r"|[A-Z]\s*[和与或、及]\s*[A-Z](?![A-Za-z])|选项\s*[A-Z]"
    ),
    "en": re.compile(
        r"\b(?i:(?:all|none|any|both|neither|some)\s+of\s+(?:the\s+)?(?:above|these|them|options|others))\b"
        r"|\b(?i:the\s+(?:above|former|latter|preceding))\b|\b[A-Z]\s+(?:and|or|nor|&)\s+[A-Z]\b"
        r"|\b(?i:option|choice|answer)\s+[A-Z]\b"
    ),
}
"""Options that speak of other options by their place: such an item keeps its order."""


def is_bound(choices: Sequence[str], lang: Language) -> bool:
    """Return whether an option speaks of others by place or letter (以上都对, all of the above, both A and B)."""
    pattern = _BOUND.get(lang, _BOUND["en"])
    return any(pattern.search(choice) for choice in choices)


def draw(choices: Sequence[str], lang: Language, rng: random.Random) -> Order | None:
    """Return an order in which every option moves, or None if these options must stay or are all alike."""
    if len(choices) < 2 or is_bound(choices, lang):
        return None
    while True:
        order = tuple(sites.order(rng, len(choices)))
        if all(index != place for place, index in enumerate(order)):
            return order if arrange(choices, order) != tuple(choices) else None


def arrange(choices: Sequence[str], order: Order) -> tuple[str, ...]:
    """Return the options as shown."""
    return tuple(choices[index] for index in order)
