"""All texts that a user reads, in zh and en, from one catalogue: `bench/texts/<area>.json`, keyed `<area>.<name>`."""

from __future__ import annotations

import functools
import locale
import os
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import msgspec

from bench import foreign
from bench.errors import Fault, MingjianError
from bench.types import Text

LANGUAGES = ("zh", "en")
VARIABLE = "MINGJIAN_LANG"

Entry = dict[str, str]


def folder() -> Path:
    """Return the folder of catalogue files."""
    return Path(__file__).resolve().parent / "texts"


@functools.cache
def area(name: str) -> Mapping[str, Entry]:
    """Return one area of the catalogue: text name → language → text."""
    return msgspec.json.decode((folder() / f"{name}.json").read_bytes(), type=dict[str, Entry])


def text(key: str, lang: str, /, **facts: object) -> str:
    """Return the text of `key` (`area.name`) in `lang`, its `{placeholders}` filled; KeyError for an unknown key."""
    name, _, rest = key.partition(".")
    template = area(name)[rest][lang]
    return template.format(**facts) if facts else template.replace("{{", "{").replace("}}", "}")


def both(key: str, /, **facts: object) -> dict[str, str]:
    """Return the text in every report language."""
    return {lang: text(key, lang, **facts) for lang in LANGUAGES}


def say(key: str, /, **facts: object) -> Text:
    """Return a text in both languages; a fact that is a text itself reads in its language."""
    spoken = {
        lang: {name: fact.of(lang) if isinstance(fact, Text) else fact for name, fact in facts.items()}
        for lang in LANGUAGES
    }
    return Text(zh=text(key, "zh", **spoken["zh"]), en=text(key, "en", **spoken["en"]))


def same(value: object) -> Text:
    """Return a value that reads alike in both languages."""
    return Text(zh=str(value), en=str(value))


def placeholders(template: str) -> set[str]:
    """Return the names of the placeholders in a text."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def choose(asked: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Return the language to speak: what was asked for, else MINGJIAN_LANG, else the locale, else en."""
    for wish in (asked, environ.get(VARIABLE), *_locale(environ)):
        if wish:
            return "zh" if wish.lower().startswith("zh") else "en"
    return "en"


def _locale(environ: Mapping[str, str]) -> list[str | None]:
    found = [environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    if any(found):
        return found
    return [locale.getlocale()[0]]


def describe(fault: Fault, lang: str) -> str:
    """Return a fault as one or two lines: place, what is wrong, what to do."""
    place = ":".join(str(part) for part in (fault.file, fault.line) if part is not None)
    where = f"{place}: " if place else ""
    inside = f" [{fault.path}]" if fault.path else ""
    facts = {name: _shown(name, value, lang) for name, value in fault.facts.items()}
    said = text("error." + fault.key, lang, **{"near": "", "known": "", **facts})
    return f"{where}{said}{hint(facts, lang)}{inside}"


def hint(facts: Mapping[str, object], lang: str) -> str:
    """Return what a wrong name may have meant: the nearest one, or the known ones; and which command lists the rest."""
    if facts.get("near"):
        return text("error.did_you_mean", lang, near=facts["near"])
    known = text("error.known_names", lang, known=facts["known"]) if facts.get("known") else ""
    more = text("error.more_names", lang, count=facts["more"]) if known and facts.get("more") else ""
    command = text("error.listed_by", lang, command=facts["command"]) if more and facts.get("command") else ""
    return known + more + command


def _shown(name: str, value: object, lang: str) -> object:
    if isinstance(value, Text):
        return value.of(lang)
    if name == "why" and isinstance(value, str):
        return quote(value, lang)
    return "" if value is None else value


def quote(message: str, lang: str) -> str:
    """Return a library's message in `lang`; one that is not known stays as it is, in brackets where it is foreign."""
    known = foreign.recognise(message)
    if known is None:
        sentence = " " in message and message.isascii()
        return text("foreign.rest", lang, message=message.rstrip(".")) if sentence else message
    facts = {name: _types(value, lang) if name in ("wanted", "found") else value for name, value in known.facts.items()}
    path = foreign.place(message)
    return text(f"foreign.{known.key}", lang, **{**facts, "": ""}) + (f" [{path}]" if path else "")


def recall(said: str) -> Fault | None:
    """Return the fault whose English text was stored as `said`, with its facts as texts; None if there is none."""
    for key, pattern in _patterns().items():
        if match := pattern.fullmatch(said):
            return Fault(key=key, facts=dict(match.groupdict()))
    return None


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return for each error text a pattern that finds its facts again; the most telling texts first."""
    found = {}
    for key, entry in sorted(area("error").items(), key=lambda one: -len(one[1]["en"])):
        source, seen = "", set[str]()
        for literal, name, _, conversion in Formatter().parse(entry["en"]):
            source += re.escape(literal)
            if name:
                fact = f"(?P={name})" if name in seen else f"(?P<{name}>.*)"
                source += f"['\"]?{fact}['\"]?" if conversion == "r" else fact
                seen.add(name)
        if re.search("[a-z]{3}", re.sub(r"\(\?P.*?\)", "", source)):
            found[key] = re.compile(source, re.DOTALL)
    return found


def _types(names: str, lang: str) -> str:
    """Return the types of a message in words."""
    words = [text(f"foreign.type.{name}", lang) if name in foreign.TYPES else name for name in names.split(" | ")]
    return text("foreign.or", lang).join(words)


def explain(error: MingjianError, lang: str) -> str:
    """Return all faults of an error, one a line."""
    return "\n".join(describe(fault, lang) for fault in error.faults)
