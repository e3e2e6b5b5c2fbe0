"""A private bank, as much of it as may be known: name, version, digest and counts, and not one text.

The digest is the suite's own: whoever holds the bank can show later that it is the one that was named. There is none
for a single item, because a short question can be guessed and its digest compared.
"""

from __future__ import annotations

from collections import Counter

from bench.types import Language, Suite, Text, Value


class Withheld(Value, frozen=True):
    """What is published of a suite whose items are not."""

    withheld: str
    """The suite's digest: SHA-256 over the canonical JSON of all items."""
    suite: str
    title: Text
    version: str
    updated: str
    bank: str | None
    languages: tuple[Language, ...]
    licence: str
    count: int
    codes: dict[str, int]


def withhold(suite: Suite) -> Withheld:
    """Return what may be known of a suite."""
    codes = Counter(code for item in suite.items for code in set(item.codes))
    return Withheld(
        withheld=suite.digest, suite=suite.name, title=suite.title, version=suite.version, updated=suite.updated,
        bank=suite.bank, languages=suite.languages, licence=suite.licence, count=len(suite.items),
        codes=dict(sorted(codes.items())),
    )  # fmt: skip


def matches(stub: Withheld, suite: Suite) -> bool:
    """Return whether `suite` is the bank that `stub` names."""
    return withhold(suite) == stub
