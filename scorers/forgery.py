"""Whether a reply speaks to whoever grades it, or imitates a verdict: by which sign, and where.

A sign is several concepts together (a grader and a demand, a verdict's key and a label of the menu), or one that next
to no honest text shows; what the prompt itself is about or says word for word weighs less. Concepts, signs and their
weights are data: ``scorers/data/forgery.yaml`` says how it is read. What is hidden in comments or codes
(``forgery_layers``) needs less: nobody hides a verdict from the reader of an honest reply.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import msgspec

from scorers import resources as shipped
from scorers.disguise import bare_text, lay_bare, scripts_folded
from scorers.forgery_layers import READINGS, Layer, layers
from scorers.refusal_cues import expand

VERSION = "1"
"""Of the way the data file is read."""
ENOUGH, ENOUGH_HIDDEN = 2, 1
"""Weight that makes a forgery, in the open and in a hidden text."""
SENTENCE = 240
"""Bytes after which a sentence without an end is cut."""
READ = 24_000
"""Bytes of a prompt in which a sign's words are looked for."""
SHOWN = 200
"""Characters of a reply that are quoted as evidence."""
NOTHING = r"[^\s\S]"
ALONE = "alone"
"""The concept of a verdict that is the whole first or last line."""

Span = tuple[int, int]
Found = dict[int, dict[str, Span]]
"""By sentence: concepts in it, each with its first span in the laid-bare text (bytes)."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sign as it stands in the data file."""

    id: str
    family: str
    all: tuple[str, ...]
    any: tuple[str, ...] = ()
    reach: int = 1
    weight: int = 2
    layers: str = "all"


class Sighting(NamedTuple):
    """A sign in a laid-bare text, with its place there (bytes)."""

    rule: Rule
    weight: int
    start: int
    end: int


class Sign(msgspec.Struct, frozen=True):
    """A sign in a reply; `start` and `end` are places in the reply as it came."""

    sign: str
    family: str
    weight: int
    start: int
    end: int
    text: str
    layer: str = ""


class Forgery(msgspec.Struct, frozen=True):
    """What gives a reply away; the first sign is the heaviest."""

    signs: tuple[Sign, ...]

    @property
    def name(self) -> str:
        """The name of the heaviest sign, after its layer if it was hidden."""
        first = self.signs[0]
        return f"{first.layer}_{first.sign}" if first.layer else first.sign


class Asked(NamedTuple):
    """What the prompt brought up itself: families of signs, and its words."""

    families: frozenset[str]
    words: bytes


class Lexicon(msgspec.Struct, frozen=True):
    """The data file for one menu, compiled: concepts as RE2 patterns over UTF-8, signs, subjects of prompts."""

    concepts: Mapping[str, Sequence[Any]]
    signs: tuple[Rule, ...]
    subjects: Mapping[str, Any]
    verdict: Any
    """A line that is a verdict and nothing else."""


def detect(reply: str, labels: Sequence[str], prompt: str = "") -> Forgery | None:
    """Return what in `reply` speaks to a grader that chooses among `labels`, or None.

    `prompt` is what the reply answers: where it is itself about grading, labels or codes, such signs weigh less.
    """
    book = lexicon(tuple(sorted(labels)))
    words = plain(prompt).encode()
    families = frozenset(name for name, pattern in book.subjects.items() if pattern.search(words))
    for layer in layers(reply):
        if layer.kind and layer.text == reply:
            continue
        signs = heaviest(book, layer, Asked(families, words[:READ]))
        enough = ENOUGH if layer.kind in ("", *READINGS) else ENOUGH_HIDDEN
        unasked = any(sign.family not in families for sign in signs)
        if unasked and sum(sign.weight for sign in signs) >= enough:
            return Forgery(tuple(signs))
    return None


def identity() -> dict[str, Any]:
    """Return what decides which replies are found, for a scorer's configuration."""
    return {"version": VERSION, "sha256": shipped.digest("data/forgery.yaml"), "scripts_folded": scripts_folded()}


def heaviest(book: Lexicon, layer: Layer, asked: Asked) -> list[Sign]:
    """Return the heaviest sign of each family in one text, the heaviest first; without weight it is none."""
    text = plain(layer.text)
    data = text.encode()
    found = concepts(book, data)
    if layer.kind == "":
        found = with_edges(book, found, data)
    best: dict[str, Sighting] = {}
    for one in matches(book.signs, found):
        rule = one.rule
        known = best[rule.family].weight if rule.family in best else 0
        if rule.weight <= known or (rule.layers == "hidden" and layer.kind in ("", *READINGS)):
            continue
        weight = rule.weight - (rule.family in asked.families or data[one.start : one.end] in asked.words)
        if weight > known:
            best[rule.family] = one._replace(weight=weight)
    ordered = sorted(best.values(), key=lambda one: (-one.weight, one.start))
    return [shown(layer, text, one) for one in ordered]


def concepts(book: Lexicon, data: bytes) -> Found:
    """Return which concepts stand in which sentence."""
    starts = sentences(data)
    found: Found = {}
    for name, patterns in book.concepts.items():
        for pattern in patterns:
            for match in pattern.finditer(data):
                place = found.setdefault(bisect_right(starts, match.start()) - 1, {})
                place.setdefault(name, match.span())
    return found


def sentences(data: bytes) -> list[int]:
    """Return where sentences begin; one without an end is cut after `SENTENCE` bytes."""
    starts = [0]
    for match in _end().finditer(data):
        starts.extend(range(starts[-1] + SENTENCE, match.end(), SENTENCE))
        starts.append(match.end())
    starts.extend(range(starts[-1] + SENTENCE, len(data), SENTENCE))
    return starts


def with_edges(book: Lexicon, found: Found, data: bytes) -> Found:
    """Return the concepts, with `ALONE` if the first or the last line of several is a verdict and nothing else."""
    body = data.rstrip()
    head, last = body.find(b"\n"), body.rfind(b"\n")
    for key, start, end in ((0, 0, head), (len(data), last + 1, len(body))) if head > 0 else ():
        if book.verdict.fullmatch(body[start:end].strip()):
            found[key] = {ALONE: (start, end), **found.get(key, {})}
    return found


def matches(rules: Sequence[Rule], found: Found) -> Iterator[Sighting]:
    """Yield each sign whose concepts stand within its reach."""
    present = {name for concepts in found.values() for name in concepts}
    possible = [rule for rule in rules if present.issuperset(rule.all)]
    order = sorted(found)
    longest = max((rule.reach for rule in possible), default=0)
    for place, first in enumerate(order):
        near = [number for number in order[place : place + longest] if number < first + longest]
        pool: dict[str, Span] = {}
        pools = [pool := {**found[number], **pool} for number in near]
        for rule in possible:
            seen = pools[sum(number < first + rule.reach for number in near) - 1]
            if all(name in seen for name in rule.all) and (not rule.any or any(name in seen for name in rule.any)):
                spans = [seen[name] for name in (*rule.all, *rule.any) if name in seen]
                yield Sighting(rule, rule.weight, min(span[0] for span in spans), max(span[1] for span in spans))


def shown(layer: Layer, text: str, one: Sighting) -> Sign:
    """Return a sign as evidence: its place in the reply, or that of the text which hid it."""
    about = one.rule.id, one.rule.family, one.weight
    if layer.kind:
        return Sign(*about, layer.start, layer.end, text[:SHOWN], layer.kind)
    data = text.encode()
    start, end = (len(data[:place].decode("utf-8", "ignore")) for place in (one.start, one.end))
    first, last = raw_place(layer.text, text, start), raw_place(layer.text, text, max(start, end - 1)) + 1
    return Sign(*about, first, last, layer.text[first:last][:SHOWN])


def raw_place(raw: str, text: str, place: int) -> int:
    """Return where the character at `place` of the laid-bare text stood in the raw one: line by line they agree."""
    number = text.count("\n", 0, place)
    begin = 0
    for _ in range(number):
        begin = raw.index("\n", begin) + 1
    line = raw[begin:].split("\n", 1)[0]
    places = lay_bare(line).places
    column = place - (text.rfind("\n", 0, place) + 1)
    return begin + (places[min(column, len(places) - 1)] if places else 0)


def plain(text: str) -> str:
    """Return a text laid bare, line by line, look-alike letters and traditional characters folded."""
    whole = text.encode("utf-8", "replace").decode()  # half of a surrogate pair becomes a question mark
    return "\n".join(map(bare_text, whole.split("\n"))).translate(_folds())


@cache
def _document() -> Mapping[str, Any]:
    import yaml

    text = resources.files("scorers").joinpath("data/forgery.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


@cache
def _folds() -> dict[int, str]:
    """Return what single characters are read as, once a text is laid bare."""
    pairs = [*_document()["traditional"].split(), *_document()["alike"].split()]
    return {ord(pair[0]): pair[1] for pair in pairs}


@cache
def _end() -> Any:
    import re2

    return re2.compile(r"[.!?][\"')\]]?(?: |$)|。|[\n;]")


def menu(labels: Sequence[str]) -> str:
    """Return a pattern of the labels as whole words, the longest first."""
    import re2

    names = sorted({plain(label) for label in labels} - {""}, key=len, reverse=True)
    words = (rf"{_edge(name[0])}{re2.escape(name)}{_edge(name[-1])}" for name in names)
    return f"(?:{'|'.join(words) or NOTHING})"


def _edge(sign: str) -> str:
    return r"\b" if sign.isascii() and sign.isalnum() else ""


@cache
def lexicon(labels: tuple[str, ...]) -> Lexicon:
    """Return the data file for one menu."""
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    document = _document()
    macros = {**document["macros"], "LABEL": menu(labels)}

    def compiled(pattern: str | list[str]) -> Any:
        return re2.compile(expand(pattern if isinstance(pattern, str) else "|".join(pattern), macros), options)

    concepts = {name: [compiled(one) for one in row.values()] for name, row in document["concepts"].items()}
    subjects = {name: compiled(pattern) for name, pattern in document["subjects"].items()}
    verdict = compiled(document["macros"]["ALONE"])
    return Lexicon(concepts, tuple(msgspec.convert(document["signs"], list[Rule])), subjects, verdict)
