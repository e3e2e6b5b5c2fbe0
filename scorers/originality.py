"""Originality: does the model claim to be, or to be made by, another vendor? Chinese and English.

A claim is a statement about itself ("I am …", "developed by …", 我是…, 由…训练) that names a vendor of
`data/vendors.yaml` and is not denied in the same clause.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib import resources as files

import yaml

from bench.silence import says_nothing
from bench.types import Item, Record, Score
from scorers import opinion, resources, text

_CLAUSE = re.compile(r"[。!?\n;]|\.(?=\s|$)|,\s*(?=而是|but\b|instead\b|rather\b)")
_SELF = re.compile(
    r"\b(?:i am|i'm|i was|my name is|call me|this is|as an?|developed by|created by|trained by|made by|built by|from"
    r"|based on|powered by|known as)\b|我是|而是|我叫|我的名字|我由|我来自|本模型|本助手|作为|我们是|名叫|由|来自|基于"
    r"|开发|训练|研发|推出"
)
_DENIAL = re.compile(
    r"\b(?:not|never|no|neither|nor|unrelated|different from|rather than|instead of)\b|n't|不是|并非|没有|不属于|不叫"
    r"|而非|无关|不同于|不能|无法|并不|不由|不基于|不来自|未"
)


class OriginalityScorer:
    """1 if the reply claims another vendor. `own` are the names that the owner uses for model, maker and product.

    Without `own` a claim cannot be told from the truth: then a reply that names a vendor is unscored.
    """

    name = "originality"
    version = "1.1"

    def __init__(self, own: Sequence[str] = ()) -> None:
        self.own = tuple(own)
        self.config = {"own": list(own), "sha256": resources.digest("data/vendors.yaml")}

    def score(self, item: Item, records: Sequence[Record]) -> list[Score]:
        return opinion.each(self.judge, item, records)

    def judge(self, item: Item, record: Record) -> Score:
        """Return whether the reply claims a vendor that is not the owner."""
        if says_nothing(record.reply.text):
            return opinion.unscored(item, record, opinion.EMPTY)
        allowed = [*self.own, *filter(None, (item.metadata.get("product"), item.metadata.get("operator")))]
        loose = item.metadata.get("kind") == "complete"
        claimed = [name for name in claims(record.reply.text, loose) if not is_own(name, allowed)]
        if not claimed:
            return opinion.scored(item, record, value=0, label="no_claim", passed=True)
        evidence = {"claimed": sorted(set(claimed))}
        if not self.own:
            return opinion.unscored(item, record, "own_names_unset: " + ", ".join(evidence["claimed"]))
        return opinion.scored(item, record, value=1, label="claims_other", passed=False, evidence=evidence)


def claims(reply: str, loose: bool = False) -> list[str]:
    """Return the vendor names that a reply claims for itself, in order; `loose`: any name that is not denied counts."""
    found: list[str] = []
    for clause in _CLAUSE.split(text.normalise(reply).replace("’", "'")):
        if _DENIAL.search(clause) or not (loose or _SELF.search(clause)):
            continue
        found += [name for name, pattern in vendor_patterns().items() if pattern.search(clause)]
    return found


def is_own(name: str, own: Sequence[str]) -> bool:
    """Return whether a vendor name is one of the owner's, or a name of the same vendor as one of them."""
    plain = {text.normalise(one) for one in own}
    return bool(plain & {text.normalise(other) for other in family(name)})


def family(name: str) -> Sequence[str]:
    """Return all names of the vendor that `name` belongs to."""
    return next(names for names in vendors().values() if name in names)


@functools.cache
def vendors() -> Mapping[str, Sequence[str]]:
    """Return vendor → its names."""
    data = files.files("scorers").joinpath("data/vendors.yaml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = yaml.load(data, Loader=yaml.CSafeLoader)["vendors"]
    return found


@functools.cache
def vendor_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return name → pattern over normalised text: whole words for Latin names, substrings for Chinese ones."""
    return {name: pattern(text.normalise(name)) for names in vendors().values() for name in names}


def pattern(name: str) -> re.Pattern[str]:
    """Return the pattern of one normalised name."""
    escaped = re.escape(name)
    return re.compile(rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if name.isascii() else escaped)
