"""Why there is no opinion, in words: what scorers and the harness call a reason → a text in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from bench import catalogue
from bench.types import Text


def short(reason: str | None) -> str:
    """Return the countable part of a reason: what stands before its first colon."""
    return (reason or "no_score").partition(":")[0]


def word(reason: str) -> Text:
    """Return a countable reason in words, with its code behind it; a stranger's reason as it is."""
    partner = reason.removeprefix("plain_")
    if reason == "plain_missing":
        return catalogue.say("report.plain_missing")
    if partner != reason:
        return catalogue.say("report.plain_unscored", reason=word(partner))
    known = catalogue.area("report")
    if f"status.{reason}" in known:
        return catalogue.say(f"report.status.{reason}")
    if f"reason.{reason}" not in known:
        return catalogue.same(reason)
    said = catalogue.say(f"report.reason.{reason}")
    return Text(zh=f"{said.zh} ({reason})", en=f"{said.en} ({reason})")


def counted(counts: Mapping[str, int]) -> Text:
    """Return counts of reasons in words, the most frequent first."""
    found = [(word(reason), count) for reason, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    return Text(
        zh="，".join(f"{said.zh} {count}" for said, count in found),
        en=", ".join(f"{said.en} {count}" for said, count in found),
    )
