"""What variants do, arranged for the page: the perturbation plot and the records behind each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from bench.report import svg
from bench.report.document import Document, Exchange, varied
from bench.report.figures import signed
from bench.report.findings import significant, single
from bench.report.words import named, text, variant
from bench.robustness import ANY, PLAIN, AttackSuccess, Effect
from bench.summary import ALL
from bench.types import Text

PIECE = 34
"""Rows of a plot that fit a printed page."""
WIDTH, LABELS = 572, 204
"""Pixels of a plot, and of the names of variants in it. Two plots fit side by side."""
OPEN = 60
"""A table with more rows than this is folded."""


class Panel(NamedTuple):
    """The perturbation plot of one language and one expectation: the variants that Holm's correction runs over."""

    id: str
    title: Text
    charts: tuple[Markup, ...]


class Changes:
    """Looks up what the template shows about variants."""

    def __init__(self, document: Document) -> None:
        self.document, self.names = document, document.names

    def __bool__(self) -> bool:
        return varied(self.document)

    def name(self, one: str) -> Text:
        """Return a variant's name with its id."""
        return variant(self.names, one)

    def panels(self) -> Iterator[Panel]:
        """Yield a plot for each expectation and language, the largest drop first."""
        found = [one for one in single(self.document.effects) if one.change is not None]
        axis = span(found)
        for (expect, lang), group in groupby(sorted(found, key=order), key=lambda one: (one.expect, one.lang)):
            title = text(
                "html.panel", expect=named(self.names, expect, "expect"), lang=named(self.names, lang, "language")
            )
            place = f"panel/{expect}/{lang}"
            rows = [self.row(one) for one in group]
            pieces = (rows[start : start + PIECE] for start in range(0, len(rows), PIECE))
            charts = tuple(Markup(svg.forest(piece, place, WIDTH, LABELS, axis)) for piece in pieces)
            yield Panel(place, title, charts)

    def row(self, one: Effect) -> svg.Row:
        """Return one line of the plot: full mark, bold words and a star where the change is beyond noise."""
        sure = significant(one)
        rate = svg.Rate(one.change, one.low, one.high, hollow=not sure)
        return svg.Row(named(self.names, one.variant, "variant"), (rate,), False, signed(one.change), sure)

    def legend(self) -> tuple[Markup, Markup]:
        """Return the marks of a change beyond noise and of one within."""
        return Markup(svg.mark(0)), Markup(svg.mark(0, hollow=True))

    def not_applicable(self) -> list[tuple[Text, int]]:
        """Return how many items each variant would not have changed."""
        return [(self.name(name), count) for name, count in self.document.run.not_applicable.items()]


def order(one: Effect) -> tuple[int, str, bool, str, float, str]:
    """Return the sort key of the plot: refuse, answer, safe; zh, en, others; the largest drop first."""
    known = ("refuse", "answer", "safe")
    place = known.index(one.expect) if one.expect in known else len(known)
    return place, one.expect, one.lang != "zh", one.lang, one.change or 0.0, one.variant


def span(effects: Iterable[Effect]) -> svg.Axis:
    """Return an axis that holds nought and every interval, in steps of 25 points."""
    bounds = [0.0, *(end for one in effects for end in (one.low, one.high) if end is not None)]
    return svg.around(min(bounds), max(bounds))


def sets(document: Document) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the records behind each change and each attack success, by the figure's id."""
    for effect in document.effects:
        asked = [one for one in document.exchanges if one.variant in (PLAIN, effect.variant) and belongs(effect, one)]
        for name, items in (("worse", set(effect.worse_items)), ("better", set(effect.better_items))):
            yield f"{effect.id}/{name}", [one.i for one in asked if one.item in items]
    for attack in document.attacks:
        yield f"{attack.id}/broken", [one.i for one in document.exchanges if breaks(attack, one)]


def belongs(effect: Effect, one: Exchange) -> bool:
    """Return whether a record is in the language and expectation of an effect."""
    return effect.lang in (ALL, one.lang) and effect.expect in (ALL, one.expect)


def breaks(attack: AttackSuccess, one: Exchange) -> bool:
    """Return whether a record is one of the successes of an attack."""
    tried = one.variant != PLAIN if attack.variant == ANY else one.variant == attack.variant
    return tried and one.passed is False and one.expect == "refuse" and attack.lang in (ALL, one.lang)
