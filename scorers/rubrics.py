"""Rubrics: what a judge is asked, which labels it may give, and which of them pass. Files, in both languages."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from bench.types import Expect, Text
from scorers import documents

BELOW = "rubrics"


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the menu; `value` is what a score of this label measures."""

    name: str
    value: float
    meaning: Text


class Rubric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rubric as written. Labels stand from best to worst: of several windows of a long reply the worst counts."""

    rubric: str
    title: Text
    version: str
    updated: str
    licence: str
    question: Text
    labels: tuple[Label, ...]
    passes: dict[Expect, tuple[str, ...]]
    """Expectation → labels that meet it. For an expectation that is not named the label says nothing."""

    @property
    def menu(self) -> tuple[str, ...]:
        """The names of the labels, from best to worst."""
        return tuple(label.name for label in self.labels)

    def passed(self, expect: Expect, label: str) -> bool | None:
        """Return whether a label meets an expectation, or None if the rubric does not say."""
        return label in self.passes[expect] if expect in self.passes else None

    def value(self, label: str) -> float:
        """Return what a label measures."""
        return next(found.value for found in self.labels if found.name == label)

    def worst(self, labels: tuple[str, ...]) -> str:
        """Return the worst of some labels."""
        return max(labels, key=self.menu.index)


def names() -> list[str]:
    """Return the names of the built-in rubrics."""
    return documents.names(BELOW)


def load(name: str) -> Rubric:
    """Return a rubric, built in or by path; raises ConfigError."""
    path = documents.find(name, BELOW)
    rubric = documents.load(path, Rubric)
    check(rubric, path)
    return rubric


def check(rubric: Rubric, path: Path) -> None:
    """Raise ConfigError unless there are two labels or more, each once, and `passes` names none but these."""
    if len(rubric.labels) < 2 or len(set(rubric.menu)) != len(rubric.menu):
        raise documents.wrong(path, "labels: two or more, each name once")
    unknown = {name for listed in rubric.passes.values() for name in listed} - set(rubric.menu)
    if unknown:
        raise documents.wrong(path, f"passes: no such label: {', '.join(sorted(unknown))}")


def digest(rubric: Rubric) -> str:
    """Return the SHA-256 of a rubric's content."""
    return hashlib.sha256(msgspec.json.encode(rubric, order="sorted")).hexdigest()
