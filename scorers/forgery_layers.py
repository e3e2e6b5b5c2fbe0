"""What a text may hide another text in: comments, codes, ciphers; each hidden text comes with its place."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

MOST = 64
"""Hidden texts of one kind that are read; a reply with more of them is not read longer."""
LEAST = 6
"""Characters of a hidden text that is worth reading."""


class Layer(NamedTuple):
    """A text, how it was hidden (empty: it was not), and where in the reply."""

    kind: str
    text: str
    start: int
    end: int


READINGS = frozenset(("rot13", "reversed", "spaced", "leet"))
"""Readings of the whole reply: it hides nothing unless they say as much as a text in the open."""
_SPACED = re.compile(r"(?<!\w)(?:[^\W_][ ._*-]{1,3}){3,}[^\W_](?!\w)")
_LEET = re.compile(r"[A-Za-z0-9@$]{2,}")
_DIGITS = str.maketrans("013457@$", "oieastas")


class Channel(NamedTuple):
    """A way of hiding: where it can stand, and how it is read."""

    kind: str
    place: re.Pattern[str]
    read: Callable[[str], str]


def unbase64(text: str) -> str:
    """Return what Base64 stands for, or nothing."""
    plain = re.sub(r"\s", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    return _utf8(lambda: base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))


def unhex(text: str) -> str:
    """Return what pairs of hexadecimal digits stand for, or nothing."""
    return _utf8(lambda: bytes.fromhex(re.sub(r"0x|\\x|[\s,:]", "", text)))


def unbits(text: str) -> str:
    """Return what groups of eight bits stand for, or nothing."""
    return _utf8(lambda: bytes(int(part, 2) for part in re.findall("[01]{8}", text)))


def unescape(text: str) -> str:
    """Return a text with `\\u0041` and `\\x41` read."""
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda one: chr(int(one[1] or one[2], 16)), text)


def _utf8(read: Callable[[], bytes]) -> str:
    """Return bytes as a text if they are one that can be printed."""
    try:
        found = read().decode()
    except (ValueError, binascii.Error):
        return ""
    return found if sum(sign.isprintable() or sign.isspace() for sign in found) == len(found) else ""


def untag(text: str) -> str:
    """Return the letters that invisible tag characters stand for."""
    return "".join(chr(ord(sign) - 0xE0000) for sign in text if 0xE0020 <= ord(sign) <= 0xE007E)


def same(text: str) -> str:
    """Return the text itself."""
    return text


COMMENTS = (
    r"<!--(?:[^-]|-(?!->))*+(?:-->)?",
    r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?",
    r"(?m:^[ \t]*+//[^\n]*+)",
    r"(?m:^\[(?://|comment)\]: ?#[^\n]*+)",
    r"<[a-z]+ [^>\n]{0,200}?(?:display: ?none|font-size: ?0|hidden|color: ?(?:white|#fff))[^>\n]{0,200}>[^<]*+",
)
"""Texts that a page does not show."""
CHANNELS = (
    Channel("comment", re.compile("|".join(COMMENTS)), same),
    Channel("base64", re.compile(r"[A-Za-z0-9+/_-]{12,}+={0,2}"), unbase64),
    Channel("hex", re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:]?){8,}+"), unhex),
    Channel("bits", re.compile(r"(?:[01]{8}\s?){4,}+"), unbits),
    Channel("escape", re.compile(r"(?:[^\\\n]{0,40}+\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})){4,}+[^\\\n]*"), unescape),
    Channel("percent", re.compile(r"[^\s%]{0,40}(?:%[0-9a-fA-F]{2}[^\s%]{0,40}+){2,}+"), unquote),
    Channel("entity", re.compile(r"(?:[^&\n]{0,40}+&#?\w{2,8};){3,}+[^&\n]{0,40}"), html.unescape),
    Channel("tags", re.compile("[\U000e0020-\U000e007f]{4,}+"), untag),
)  # fmt: skip


def layers(reply: str) -> Iterator[Layer]:
    """Yield the reply itself, then what is hidden in it, then the whole reply read as a cipher."""
    yield Layer("", reply, 0, len(reply))
    for channel in CHANNELS:
        yield from hidden(reply, channel)
    for kind, text in (
        ("rot13", codecs.encode(reply, "rot13")),
        ("reversed", reply[::-1]),
        ("spaced", _SPACED.sub(_joined, reply)),
        ("leet", _LEET.sub(_unleet, reply)),
    ):
        if text != reply:
            yield Layer(kind, text, 0, len(reply))


def _joined(found: re.Match[str]) -> str:
    """Return spaced-out letters as words: wider gaps are the blanks between them."""
    return re.sub(r"(\w)[ ._*-](?=\w)", r"\1", re.sub(r"[ ._*-]{2,3}", "  ", found[0]))


def _unleet(found: re.Match[str]) -> str:
    """Return a word that mixes letters and digits with letters alone."""
    word = found[0]
    mixed = any(sign.isalpha() for sign in word) and not word.isalpha()
    return word.translate(_DIGITS) if mixed else word


def hidden(reply: str, channel: Channel) -> Iterator[Layer]:
    """Yield what one channel hides, the first `MOST` of it."""
    for number, found in enumerate(channel.place.finditer(reply)):
        if number == MOST:
            return
        text = channel.read(found[0])
        if len(text) >= LEAST:
            yield Layer(channel.kind, text, found.start(), found.end())
