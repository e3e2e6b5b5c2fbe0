"""Texts that are nearly equal: exact Jaccard similarity of character 5-gram sets, found through a prefix index.

Two sets with Jaccard similarity of at least t have at least ⌈t·n⌉ grams in common, n being the size of either. So if
the grams are put in one fixed order, rare ones first, the first n − ⌈t·n⌉ + k of each hold k common ones (or all, if
they have fewer). Only sets that do are compared (prefix filter). No pair is lost, unlike with MinHash.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain

from bench.lint.texts import normalise
from bench.types import Value

SIZE = 5
THRESHOLD = "0.7"
COMMON = 4
"""How many common grams of the prefixes make a candidate (k above): any number gives the same pairs, some sooner."""

Grams = frozenset[str]


class Pair(Value, frozen=True):
    """Two texts by index (`first` < `second`) and their similarity."""

    first: int
    second: int
    similarity: float


def grams(text: str, size: int = SIZE) -> Grams:
    """Return the character n-grams of the normalised text; a text shorter than n is its own only gram."""
    plain = normalise(text)
    return frozenset([plain[start : start + size] for start in range(max(1, len(plain) - size + 1))])


def jaccard(one: Grams, two: Grams) -> float:
    """Return the share of common grams."""
    common = len(one & two)
    return common / (len(one) + len(two) - common)


class Index:
    """Finds the texts whose similarity to a given one is at least the threshold. Exact."""

    def __init__(self, texts: Sequence[Grams], threshold: str = THRESHOLD, *, among: bool = False) -> None:
        """Index `texts`; `among`: only they themselves will be looked up, so that grams of one text are left out."""
        self.texts = texts
        self.threshold = Fraction(threshold)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        kept = sorted((gram for gram in counts if counts[gram] > among), key=counts.__getitem__)
        self.ranks = {gram: rank for rank, gram in enumerate(kept)}
        self.prefixes = [self.prefix(text) for text in texts]
        self.places: dict[int, list[int]] = defaultdict(list)
        for number, prefix in enumerate(self.prefixes):
            for rank in prefix:
                self.places[rank].append(number)

    def needed(self, size: int) -> int:
        """Return the least whole number of grams that is at least threshold × size."""
        return -(-self.threshold.numerator * size // self.threshold.denominator)

    def prefix(self, text: Grams) -> list[int]:
        """Return the ranks of those of the text's rarest grams that may be common with a similar text."""
        ranks = [rank for gram in text if (rank := self.ranks.get(gram)) is not None]
        unshared = len(text) - len(ranks)
        length = len(text) - self.needed(len(text)) + COMMON - unshared
        return sorted(ranks)[:length] if length > 0 else []

    def similar(self, text: Grams) -> Iterator[tuple[int, float]]:
        """Yield number and similarity of each indexed text that is near `text`."""
        yield from self._check(text, self.prefix(text), len(self.texts))

    def earlier(self, number: int) -> Iterator[tuple[int, float]]:
        """Yield number and similarity of each text before `number` that is near it."""
        yield from self._check(self.texts[number], self.prefixes[number], number)

    def _check(self, text: Grams, prefix: list[int], below: int) -> Iterator[tuple[int, float]]:
        least = min(COMMON, self.needed(len(text)))
        common = Counter(chain.from_iterable(self.places.get(rank, ()) for rank in prefix))
        for number in sorted(number for number, count in common.items() if count >= least and number < below):
            if self.near(text, self.texts[number]):
                yield number, jaccard(text, self.texts[number])

    def near(self, one: Grams, two: Grams) -> bool:
        """Return whether the similarity reaches the threshold, in whole numbers."""
        if min(len(one), len(two)) < self.needed(max(len(one), len(two))):
            return False
        common = len(one & two)
        union = len(one) + len(two) - common
        return common * self.threshold.denominator >= self.threshold.numerator * union


def pairs(texts: Sequence[str], threshold: str = THRESHOLD) -> list[Pair]:
    """Return every pair of texts whose similarity is at least the threshold."""
    index = Index([grams(text) for text in texts], threshold, among=True)
    return [
        Pair(first=first, second=second, similarity=similarity)
        for second in range(len(texts))
        for first, similarity in index.earlier(second)
    ]
