"""From a judge's text to a verdict, strictly; and from several judges' verdicts to one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from scorers.rubrics import Rubric

Rule = Literal["vote", "worst", "arbiter"]
Failure = Literal["judge_unparsable", "judge_blocked", "judge_error", "judge_tie", "no_judge"]
"""Why there is no label. None of them ever counts as a pass."""

MAX_LENGTH = 16_000
MAX_REASON = 1_000
KEYS = frozenset(("nonce", "label", "reason"))


class Verdict(msgspec.Struct, frozen=True):
    """A label of the menu and the judge's reason."""

    label: str
    reason: str


class Opinion(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one judge said of one reply: a label, or why there is none."""

    judge: str
    label: str | None = None
    failure: Failure | None = None
    reason: str = ""


class Decision(msgspec.Struct, frozen=True):
    """What the panel says; `share` is the part of the panel that gave the label."""

    label: str | None = None
    failure: Failure | None = None
    share: float | None = None


class _Refused(ValueError):
    """The text is not exactly one plain JSON object."""


def parse(text: str, nonce: str, menu: Collection[str]) -> Verdict | None:
    """Return the verdict if the whole text is one JSON object {nonce, label, reason} of this call, else None.

    Nothing is searched for: text around the object, a second object, a repeated or further key, another nonce or a
    label that differs from the menu in as much as its case make it no verdict.
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.keys() != KEYS or not all(isinstance(part, str) for part in found.values()):
        return None
    sound = found["nonce"] == nonce and found["label"] in menu
    return Verdict(found["label"], tame(found["reason"][:MAX_REASON])) if sound else None


def parse_line(text: str, menu: Mapping[str, str]) -> Verdict | None:
    """Return the verdict if the whole text, but for white space around it, is one line of the menu (line → label)."""
    label = menu.get(text.strip())
    return None if label is None else Verdict(label, "")


def tame(text: str) -> str:
    """Return a judge's text as one that can be stored: half of a surrogate pair cannot be written to a file."""
    return text.encode("utf-8", "replace").decode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise _Refused("a key stands twice")
    return dict(pairs)


def _refuse(name: str) -> Any:
    raise _Refused(name)


def decide(rubric: Rubric, opinions: Sequence[Opinion], rule: Rule) -> Decision:
    """Return what a panel says. More than half must have a label, else the panel has none.

    `vote`: the label with most votes, a tie is `judge_tie`; `worst`: of tied labels the worst; `arbiter`: see
    `settled`, the last opinion decides.
    """
    if rule == "arbiter":
        return _of_arbiter(opinions)
    votes = Counter(opinion.label for opinion in opinions if opinion.label is not None)
    if 2 * votes.total() <= len(opinions):
        return Decision(failure=failure(opinions))
    most = max(votes.values())
    leading = tuple(label for label, count in votes.items() if count == most)
    if len(leading) > 1 and rule == "vote":
        return Decision(failure="judge_tie")
    return Decision(rubric.worst(leading), share=most / len(opinions))


def _of_arbiter(opinions: Sequence[Opinion]) -> Decision:
    last = opinions[-1]
    if last.label is None:
        return Decision(failure=last.failure)
    return Decision(last.label, share=sum(opinion.label == last.label for opinion in opinions) / len(opinions))


def settled(opinions: Sequence[Opinion]) -> bool:
    """Return whether judges agree on a label, every one of them: then no arbiter is asked."""
    return len({opinion.label for opinion in opinions}) == 1 and opinions[0].label is not None


def failure(opinions: Sequence[Opinion]) -> Failure:
    """Return why a panel has no label: a filter before an error, an error before a text that cannot be read."""
    found = {opinion.failure for opinion in opinions}
    order: tuple[Failure, ...] = ("judge_blocked", "judge_error", "judge_unparsable")
    return next((name for name in order if name in found), "no_judge")
