"""Words of a page that speaks two languages at once: each text stands twice, and the style sheet shows one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from bench import catalogue
from bench.report.glyphs import visible
from bench.robustness import ANY, PLAIN
from bench.types import Text

same = catalogue.same
text = catalogue.say


def both(words: Text) -> Markup:
    """Return both languages as twins, or the bare text where they are alike."""
    if words.zh == words.en:
        return escape(visible(words.zh))
    return Markup('<span data-lang="zh" lang="zh-CN">{}</span><span data-lang="en" lang="en">{}</span>').format(
        visible(words.zh), visible(words.en)
    )


def attributes(words: Text) -> Markup:
    """Return both languages as data attributes, for elements that hold plain text only (option, title)."""
    return Markup('data-zh="{}" data-en="{}"').format(visible(words.zh), visible(words.en))


def say(key: str, **facts: object) -> Markup:
    """Return a catalogue text as twins."""
    return both(text(key, **facts))


def known(area: str, name: str) -> Text:
    """Return a catalogue text that may not exist yet: the bare name then."""
    entry = catalogue.area(area).get(name)
    return Text(**entry) if entry else same(name.rpartition(".")[2])


def named(names: Mapping[str, Text], key: str, kind: str = "") -> Text:
    """Return the display name of a code, or the code itself where nobody named it."""
    return names.get(f"{kind}.{key}" if kind else key) or same(key)


def labels(found: Iterable[str]) -> Text:
    """Return labels of scorers in words, as a list."""
    names = [known("report", f"label.{name}") for name in found]
    return Text(zh="、".join(one.zh for one in names), en=", ".join(one.en for one in names))


def short(code: str, codes: Iterable[str]) -> str:
    """Return a code without its taxonomy, unless another taxonomy among `codes` has it too."""
    bare = code.rpartition(":")[2]
    return bare if sum(one.rpartition(":")[2] == bare for one in set(codes)) <= 1 else code


def coded(names: Mapping[str, Text], key: str, code: str) -> Text:
    """Return a display name with its code behind it; the code alone where nobody named it."""
    name = names.get(key)
    if name is None or name == same(code) or name == same(key):
        return same(code)
    return Text(zh=f"{name.zh} ({code})", en=f"{name.en} ({code})")


def variant(names: Mapping[str, Text], name: str) -> Text:
    """Return a variant's display name with its id; those that are no names on the command line stand without it."""
    found = named(names, name, "variant")
    return found if name in (PLAIN, ANY) else coded(names, f"variant.{name}", name)
