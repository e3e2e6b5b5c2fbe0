"""Reference answers: does the reply contain (or equal) one of them, in the reply's own language, and not deny it?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from bench.types import Item, Record, Score
from scorers import negation, opinion, text
from scorers.refusal_text import answer_start

Mode = Literal["contains", "equals"]


class MatchScorer:
    """1 if an accepted answer is found. Words in Latin script and numbers match whole words only."""

    name = "match"
    version = "1.1"
    quick = True
    needs_item = True

    def __init__(self, mode: Mode = "contains") -> None:
        opinion.one_of(self.name, "mode", mode, Mode)
        self.mode: Mode = mode
        self.config = {"mode": mode}

    def score(self, item: Item, records: Sequence[Record]) -> list[Score]:
        return opinion.each(self.judge, item, records)

    def judge(self, item: Item, record: Record) -> Score:
        accepted = (item.reference or {}).get(record.case.lang)
        if not accepted:
            return opinion.unscored(item, record, "no_reference")
        start, unfinished = answer_start(record.reply.text)
        if unfinished:
            return opinion.unscored(item, record, "reasoning_unfinished")
        found = next((answer for answer in accepted if matches(record.reply.text[start:], answer, self.mode)), None)
        label = "match" if found is not None else "mismatch"
        evidence = {"accepted": found} if found is not None else None
        hit = found is not None
        return opinion.scored(item, record, value=hit, label=label, passed=hit, evidence=evidence)


def matches(reply: str, answer: str, mode: Mode) -> bool:
    """Return whether `reply` has `answer` in it undenied (or equals it), whatever its width, case and white space."""
    if mode == "equals":
        return text.bare(reply) == text.bare(answer)
    wanted = text.normalise(answer)
    if wanted.isascii():
        plain = text.normalise(reply)
        found = re.finditer(rf"(?<![0-9a-z.]){re.escape(wanted)}(?![0-9a-z]|\.[0-9])", plain)
        return any(not negation.denied(plain, *one.span()) for one in found)
    return negation.affirmed(reply, answer)
