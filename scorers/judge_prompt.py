"""What a judge is sent: the rubric, and the reply fenced by random markers as escaped JSON, so that it stays data.

The first message is the same in all calls of one rubric, language and form, so that a prompt cache can keep it; all
that is drawn for one call, and the reply, come behind it.
"""

from __future__ import annotations

import functools
import json
import random
import re
import secrets
from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Literal

import msgspec
import yaml

from bench.types import Language, Message
from scorers.rubrics import Rubric

Form = Literal["object", "line"]
"""A verdict as one JSON object {nonce, reason, label}, or as the label's line of the menu, its code at the end."""

_HIDDEN = re.compile(
    "[<>\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""What could look like a marker or a chat template's token, or hide from a reader."""
_BRACKET = re.compile(r"\[(?=/?[A-Z_]{2,32}\])")
"""The start of `[INST]`, `[/INST]` and their like."""


class Subject(msgspec.Struct, frozen=True):
    """What is judged: a conversation and the reply (or a window of it), with reference points if there are any."""

    prompt: tuple[Message, ...]
    reply: str
    reference: tuple[str, ...] = ()
    part: str = ""
    """`2/3` for a window of a long reply."""


class Request(msgspec.Struct, frozen=True):
    """One call: the messages, and what must be known to read the verdict and to make the call again."""

    messages: tuple[Message, ...]
    nonce: str
    """Empty in a call whose verdict is a line."""
    marker: str
    order: tuple[str, ...]
    """The labels, in the order of the menu."""
    shown: tuple[str, ...]
    """What the menu calls them: the labels themselves, or codes drawn for this call."""
    menu: tuple[str, ...]
    """The lines of the menu."""
    form: Form


def build(
    rubric: Rubric, lang: Language, subject: Subject, seed: str, *, masked: bool = False, form: Form = "object"
) -> Request:
    """Return the call for one subject; `seed` decides the order of the labels, the rest is drawn for this call.

    If `masked`, the menu names random codes instead of labels: a reply cannot even say which verdict it wants. Marker
    and nonce have 64 random bits, a code 32; a reply was written before any of them was drawn.
    """
    frame = frames()["zh" if lang == "zh" else "en"]
    marker, nonce = secrets.token_hex(8), secrets.token_hex(8) if form == "object" else ""
    labels = list(rubric.labels)
    random.Random(seed).shuffle(labels)
    shown = tuple(secrets.token_hex(4) if masked else label.name for label in labels)
    meanings = [" ".join(label.meaning.of(lang).split()) for label in labels]
    line = "- {0}: {1}" if form == "object" else "{1} [{0}]"
    menu = tuple(line.format(name, meaning) for name, meaning in zip(shown, meanings, strict=True))
    system = Template(frame["system"]).substitute(question=rubric.question.of(lang), form=frame[form])
    user = Template(frame["user"]).substitute(
        menu="\n".join(menu),
        marker=marker,
        data=escape(content(subject)),
        end=Template(frame[f"end_{form}"]).substitute(nonce=nonce),
    )
    messages = (Message("system", system), Message("user", user))
    return Request(messages, nonce, marker, tuple(label.name for label in labels), shown, menu, form)


def content(subject: Subject) -> dict[str, object]:
    """Return a subject as the JSON object that the judge sees."""
    turns = [{"role": turn.role, "content": turn.content} for turn in subject.prompt]
    reference = {"reference": list(subject.reference)} if subject.reference else {}
    part = {"part": subject.part} if subject.part else {}
    return {"prompt": turns, **reference, **part, "reply": subject.reply}


def escape(data: Mapping[str, object]) -> str:
    """Return `data` as one line of JSON in which no text can look like a marker, a control token or a line end."""
    line = _HIDDEN.sub(_escaped, json.dumps(data, ensure_ascii=False))
    return _BRACKET.sub(r"\\u005b", line)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] > "\x7f" else f"\\u{ord(match[0]):04x}"


def windows(reply: str, size: int, overlap: int) -> list[str]:
    """Return a reply in overlapping parts of at most `size` characters; a short one is its only part."""
    if len(reply) <= size:
        return [reply]
    step = max(1, size - overlap)
    return [reply[start : start + size] for start in range(0, len(reply) - overlap, step)]


@functools.cache
def frames() -> Mapping[str, Mapping[str, str]]:
    """Return the texts around the rubric, by language."""
    data = resources.files("scorers").joinpath("data/judge.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = yaml.load(data, Loader=yaml.CSafeLoader)
    return found
