"""Attack wrappers: published ways to dress a request, as data in `configs/wrappers/*.yaml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from bench import resources, schema, yaml
from bench.errors import ConfigError, Fault
from bench.suitefile import Prompt, Turn
from bench.types import Language, Message, Text, Value
from bench.variants import encodings

BELOW = "wrappers"
LANGUAGES = ("zh", "en")
PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
PARTS = ("part1", "part2", "part3", "part4")

Kind = Literal[
    "role-play",
    "fiction",
    "authority",
    "hypothetical",
    "prefix-injection",
    "refusal-suppression",
    "style-injection",
    "translation-relay",
    "low-resource-relay",
    "encoding",
    "payload-splitting",
    "escalation",
    "past-tense",
    "in-context",
    "persuasion",
    "code",
    "distraction",
    "reverse-exposure",
]


class Origin(Value, frozen=True, forbid_unknown_fields=True):
    """The publication that describes the technique. The template is our own wording of it."""

    technique: str
    authors: str
    title: str
    year: int
    url: str


class Wrapper(Value, frozen=True, forbid_unknown_fields=True):
    """Turns around a request. `level` is the pressure: 1 a change of frame, 2 insistence, 3 open override of rules."""

    wrapper: str
    title: Text
    kind: Kind
    level: Literal[1, 2, 3]
    source: Origin
    prompt: Prompt
    note: Text | None = None

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages it is written in."""
        return tuple(self.prompt)


def names() -> list[str]:
    """Return the names of the built-in wrappers."""
    return resources.names("configs", BELOW)


@functools.cache
def load(name: str) -> Wrapper:
    """Return a built-in wrapper; raises ConfigError with the nearest name if there is none."""
    path = resources.find("configs", name, BELOW)
    if path is None:
        facts = {"name": f"wrap:{name}", **schema.nearest(name, names(), "mingjian variants list")}
        raise ConfigError.of([Fault(key="variant.unknown", facts=facts)])
    return read(path)


def read(path: Path) -> Wrapper:
    """Return the wrapper of a file; raises ConfigError that lists every fault found."""
    tree = yaml.load(path)
    found = schema.convert(tree, Wrapper)
    if faults := list(check(tree, found, path.stem)):
        raise ConfigError.of(faults)
    return found


def check(tree: yaml.Tree, found: Wrapper, name: str) -> Iterator[Fault]:
    """Yield what is wrong with a wrapper: its name, its languages, its turns and their placeholders."""
    if found.wrapper != name:
        yield schema.fault_at(tree, ("wrapper",), "wrapper.name", name=found.wrapper, wanted=name)
    for lang in LANGUAGES:
        if lang not in found.prompt:
            yield schema.fault_at(tree, ("prompt",), "wrapper.language", lang=lang)
    for lang, prompt in found.prompt.items():
        turns, place = turns_of(prompt), ("prompt", lang)
        used = [name for turn in turns for name in PLACEHOLDER.findall(turn.content)]
        for unknown in (name for name in used if name not in placeholders()):
            near = schema.nearest(unknown, placeholders())
            yield schema.fault_at(tree, place, "wrapper.placeholder", name=unknown, **near)
        if not used:
            yield schema.fault_at(tree, place, "wrapper.no_prompt", lang=lang)
        if not turns or turns[-1].role != "user" or any(turn.role == "system" for turn in turns[1:]):
            yield schema.fault_at(tree, place, "wrapper.turns", lang=lang)


def placeholders() -> tuple[str, ...]:
    """Return every placeholder that a template may hold."""
    return (*encodings.encoders(), *PARTS)


def turns_of(prompt: str | tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return a template's turns."""
    return (Turn("user", prompt),) if isinstance(prompt, str) else prompt


def wrap(wrapper: Wrapper, messages: Sequence[Message], lang: Language) -> tuple[Message, ...] | None:
    """Return `messages` with the last turn inside the wrapper; None if it cannot be put into this language or code.

    A system turn of the wrapper goes behind the text of the system turn that is already there.
    """
    prompt = wrapper.prompt.get(lang)
    if prompt is None:
        return None
    turns = turns_of(prompt)
    values = encode(messages[-1].content, {name for turn in turns for name in PLACEHOLDER.findall(turn.content)})
    if values is None:
        return None
    made = [Message(turn.role, fill(turn.content, values)) for turn in turns]
    before = list(messages[:-1])
    if made[0].role == "system" and before and before[0].role == "system":
        before[0] = Message("system", f"{before[0].content}\n\n{made.pop(0).content}")
    elif made[0].role == "system":
        before.insert(0, made.pop(0))
    return (*before, *made)


def encode(request: str, used: set[str]) -> Mapping[str, str] | None:
    """Return the value of each placeholder used, or None if the request cannot be put so."""
    values: dict[str, str] = {}
    count = max((index for index, name in enumerate(PARTS, 1) if name in used), default=0)
    if count:
        pieces = encodings.cut(request, count)
        if pieces is None:
            return None
        values |= dict(zip(PARTS, pieces, strict=False))
    encoders = encodings.encoders()
    for name in sorted(used - set(PARTS)):
        value = encoders[name](request)
        if value is None:
            return None
        values[name] = value
    return values


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its placeholders filled, once: braces inside a request stay as they are."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)
