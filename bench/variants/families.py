"""The perturbation families: what each is called, what it claims, and in which languages it works."""

from __future__ import annotations

import functools
import random
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bench import catalogue
from bench.types import Language, Text
from bench.variants import chinese, latin, signs, wording

Transform = Callable[[str, random.Random], str]
ANY = "any"
"""Stands for: every language that has no transform of its own."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way to change a request.

    `preserves` claims that a careful reader still reads the same request. `inverse` removes what the family adds:
    `inverse(transform(text)) == inverse(text)`, and that is the text itself if it had no such signs before.
    A family that is not `listed` belongs to no group; it runs only when it is named.
    """

    name: str
    transforms: Mapping[Language, Transform]
    scope: Literal["text", "options"] = "text"
    preserves: bool = True
    inverse: Callable[[str], str] | None = None
    listed: bool = True

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages it works in; `any` for all."""
        return tuple(self.transforms) or (ANY,)

    @property
    def title(self) -> Text:
        """Its name in reports."""
        return Text(**catalogue.both(f"variants.family.{self.name}.title"))

    @property
    def note(self) -> Text:
        """What it does, and the limits of its claim."""
        return Text(**catalogue.both(f"variants.family.{self.name}.note"))

    def speaks(self, lang: Language) -> bool:
        """Return whether the family works in a language."""
        return lang in self.languages or ANY in self.languages


def perturb(family: Family, text: str, lang: Language, rng: random.Random) -> str | None:
    """Return the text as the family changes it, or None if it has nothing to change there. Chinese comes out in NFC."""
    transform = family.transforms.get(lang) or family.transforms.get(ANY)
    if transform is None:
        return None
    before = normalise(text, lang)
    after = normalise(transform(before, rng), lang)
    return after if after != before and after.strip() else None


def normalise(text: str, lang: Language) -> str:
    """Return Chinese text in NFC, any other as it is."""
    return unicodedata.normalize("NFC", text) if lang == "zh" else text


OPTIONS = Family(name="options", transforms={}, scope="options")
"""Acts on the choices of an item, not on its text: see `options`."""

FAMILIES: tuple[Family, ...] = (
    Family(name="homophone", transforms={"zh": chinese.homophone}),
    Family(name="look-alike", transforms={"zh": chinese.look_alike}),
    Family(name="pinyin", transforms={"zh": chinese.pinyin}),
    Family(name="initials", transforms={"zh": chinese.initials}, preserves=False),
    Family(name="traditional", transforms={"zh": chinese.traditional}),
    Family(name="simplified", transforms={"zh": chinese.simplified}),
    Family(name="split", transforms={"zh": chinese.split}),
    Family(name="half-width", transforms={"zh": chinese.half_width}),
    Family(name="spaced", transforms={"zh": chinese.spaced}, inverse=signs.undo_spaces),
    Family(name="typo", transforms={"en": latin.typo}),
    Family(name="homoglyph", transforms={"en": latin.homoglyph}, inverse=latin.undo_homoglyph),
    Family(name="accent", transforms={"en": latin.accent}, inverse=latin.undo_accent),
    Family(name="leetspeak", transforms={"en": latin.leetspeak}),
    Family(name="casing", transforms={"en": latin.casing}, inverse=latin.undo_casing),
    Family(name="spacing", transforms={"en": latin.spacing}, inverse=signs.undo_spaces),
    Family(name="full-width", transforms={ANY: signs.full_width}, inverse=signs.undo_full_width),
    Family(name="zero-width", transforms={ANY: signs.zero_width}, inverse=signs.undo_zero_width),
    Family(name="emoji", transforms={ANY: signs.emoji}, inverse=signs.undo_emoji),
    Family(name="punctuation", transforms={ANY: signs.punctuation}),
    Family(
        name="code-switch",
        transforms={"zh": partial(wording.code_switch, lang="zh"), "en": partial(wording.code_switch, lang="en")},
    ),
    Family(
        name="politeness",
        transforms={
            "zh": partial(wording.frame, kind="politeness", lang="zh"),
            "en": partial(wording.frame, kind="politeness", lang="en"),
        },
    ),
    Family(
        name="question",
        transforms={
            "zh": partial(wording.frame, kind="question", lang="zh"),
            "en": partial(wording.frame, kind="question", lang="en"),
        },
    ),
    Family(
        name="shuffle",
        transforms={"zh": partial(wording.shuffle, lang="zh"), "en": partial(wording.shuffle, lang="en")},
        preserves=False,
        listed=False,
    ),
    OPTIONS,
)


@functools.cache
def by_name() -> Mapping[str, Family]:
    """Return name → family, in the order of tables."""
    return {family.name: family for family in FAMILIES}
