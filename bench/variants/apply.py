"""A variant of an item in one language: what is sent instead of the plain item."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench import prompts
from bench.types import Item, Language, Message
from bench.variants.names import Variant, parse

if TYPE_CHECKING:
    import random

    from bench.variants.families import Family
    from bench.variants.options import Order


class Shown(NamedTuple):
    """What is sent, and the order of the options if it is not the item's."""

    messages: tuple[Message, ...]
    order: Order | None = None


def apply(
    variant: str, item: Item, lang: Language, seed: int = 0, system_prompt: str | None = None
) -> tuple[Message, ...] | None:
    """Return the messages of a variant, or None if it does not apply to this item in this language."""
    shown = show(parse(variant), item, lang, seed, system_prompt)
    return None if shown is None else shown.messages


def show(variant: Variant, item: Item, lang: Language, seed: int = 0, system_prompt: str | None = None) -> Shown | None:
    """Return what a variant shows of an item, or None if a part of it would change nothing.

    Perturbations change the last user turn, before options are appended; a wrapper takes the last turn with them.
    """
    order = None
    for name in variant.families:
        from bench.variants import families, options, sites  # most runs ask plain items only

        rng = sites.generator(seed, item.suite, item.id, lang, name)
        if families.by_name()[name].scope == "options":
            order = None if item.choices is None else options.draw(item.choices[lang], lang, rng)
            changed = None if order is None else _reorder(item, lang, order)
        else:
            changed = _reword(families.by_name()[name], item, lang, rng)
        if changed is None:
            return None
        item = changed
    messages: tuple[Message, ...] | None = prompts.render(item, lang, system_prompt)
    if variant.wrapper is not None and messages is not None:
        from bench.variants import wrappers

        messages = wrappers.wrap(wrappers.load(variant.wrapper), messages, lang)
    return None if messages is None else Shown(messages, order)


def _reorder(item: Item, lang: Language, order: Order) -> Item:
    from bench.variants import options

    assert item.choices is not None
    return msgspec.structs.replace(item, choices={**item.choices, lang: options.arrange(item.choices[lang], order)})


def _reword(family: Family, item: Item, lang: Language, rng: random.Random) -> Item | None:
    from bench.variants import families

    *before, last = item.prompts[lang]
    text = families.perturb(family, last.content, lang, rng)
    if text is None:
        return None
    return msgspec.structs.replace(item, prompts={**item.prompts, lang: (*before, Message(last.role, text))})
