"""A suite file as written: the shapes that YAML must fit, and the expansion of slot templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from bench import schema, yaml
from bench.errors import ConfigError
from bench.sources import Entry, Source
from bench.types import Dimension, Expect, Role, Text

MAX_EXPANSIONS = 1000
_SLOT = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)(?:\.([a-z]{2,3}))?\}")


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One turn of a prompt, as written in a suite file."""

    role: Role
    content: str


Prompt = dict[str, str | tuple[Turn, ...]]


class ItemFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item as written: what is missing comes from the suite's `defaults`."""

    id: str
    prompt: Prompt
    codes: tuple[str, ...] | None = None
    system: dict[str, str] | None = None
    expect: Expect | None = None
    scorer: str | tuple[str, ...] | None = None
    form: str | None = None
    choices: dict[str, tuple[str, ...]] | None = None
    answer: str | None = None
    reference: dict[str, str | tuple[str, ...]] | None = None
    rubric: str | None = None
    twin: str | None = None
    template: str | None = None
    provenance: str | None = None
    licence: str | None = None
    added: str | None = None
    hazard: bool | None = None
    metadata: dict[str, str] = {}


class TemplateFile(ItemFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template: `{slot.zh}` and `{slot.en}` in its prompts are filled from `slots`, one item a combination."""

    slots: dict[str, tuple[dict[str, str], ...]]


class Defaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values for items that do not state their own."""

    codes: tuple[str, ...] | None = None
    system: dict[str, str] | None = None
    expect: Expect | None = None
    scorer: str | tuple[str, ...] | None = None
    form: str | None = None
    rubric: str | None = None
    provenance: str | None = None
    added: str | None = None
    hazard: bool | None = None


class SuiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite file. Items come from `items` (inline, or the name of a JSON-lines file), `templates` and `source`."""

    suite: str
    title: Text
    version: str
    dimension: Dimension
    licence: str
    updated: str
    languages: tuple[str, ...] = ("zh", "en")
    bank: str | None = None
    taxonomy: str | None = None
    private: bool = False
    description: Text | None = None
    defaults: Defaults = Defaults()
    items: tuple[ItemFile, ...] | str | None = None
    templates: tuple[TemplateFile, ...] = ()
    source: Source | None = None


def expand(tree: yaml.Tree, template: TemplateFile, index: int) -> Iterable[Entry]:
    """Yield the items of a template: one for each combination of slot values, in order."""
    combinations: list[dict[str, dict[str, str]]] = [{}]
    for slot, values in template.slots.items():
        combinations = [{**chosen, slot: value} for chosen in combinations for value in values]
        if len(combinations) > MAX_EXPANSIONS:
            fault = schema.fault_at(tree, ("templates", index, "slots"), "suite.expansions", limit=MAX_EXPANSIONS)
            raise ConfigError.of([fault])
    fields: dict[str, Any] = {name: getattr(template, name) for name in ItemFile.__struct_fields__}
    line = tree.line(("templates", index))
    for number, chosen in enumerate(combinations, 1):
        try:
            prompt = {lang: _fill_prompt(value, lang, chosen) for lang, value in template.prompt.items()}
        except KeyError as error:
            fault = schema.fault_at(tree, ("templates", index, "prompt"), "suite.slot", name=str(error.args[0]))
            raise ConfigError.of([fault]) from None
        changes: dict[str, Any] = {"id": f"{template.id}-{number:02d}", "prompt": prompt, "template": template.id}
        changes["provenance"] = template.provenance or "template"
        yield Entry(ItemFile(**{**fields, **changes}), tree.file, line, f"templates[{index}]")


def _fill_prompt(prompt: str | tuple[Turn, ...], lang: str, chosen: dict[str, dict[str, str]]) -> Any:
    if isinstance(prompt, str):
        return fill(prompt, lang, chosen)
    return tuple(Turn(turn.role, fill(turn.content, lang, chosen)) for turn in prompt)


def fill(text: str, lang: str, chosen: dict[str, dict[str, str]]) -> str:
    """Return `text` with `{slot}` and `{slot.lang}` replaced; raises KeyError for an unknown slot or language."""

    def value(match: re.Match[str]) -> str:
        slot, language = match.group(1), match.group(2) or lang
        if slot not in chosen or language not in chosen[slot]:
            raise KeyError(match.group(0))
        return chosen[slot][language]

    return _SLOT.sub(value, text)
