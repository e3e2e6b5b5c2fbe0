"""Encodings that wrappers put a request into, and their decoders.

ROT13, Caesar and Morse know Latin letters only. Chinese text goes through pinyin with tone digits (`zuo4`; the
characters cannot be told from it) or, for Morse, through the hex digits of its UTF-8 bytes, which decode exactly.
An encoder returns None for a text that it cannot say.
"""

from __future__ import annotations

import base64
import functools
import itertools
import string
from collections.abc import Callable, Mapping

from bench.variants import hanzi

CAESAR = 3
"""The shift that Caesar himself used."""
_MORSE = (
    "a .- b -... c -.-. d -.. e . f ..-. g --. h .... i .. j .--- k -.- l .-.. m -- n -. o --- p .--. q --.- r .-. "
    "s ... t - u ..- v ...- w .-- x -..- y -.-- z --.. 0 ----- 1 .---- 2 ..--- 3 ...-- 4 ....- 5 ..... 6 -.... "
    "7 --... 8 ---.. 9 ----. . .-.-.- , --..-- ? ..--.. ' .----. ! -.-.-- / -..-. ( -.--. ) -.--.- & .-... : ---... "
    '; -.-.-. = -...- + .-.-. - -....- _ ..--.- " .-..-. $ ...-..- @ .--.-.'
)
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
_BREAK = " / "


def rotate(text: str, by: int) -> str | None:
    """Return `text` with its Latin letters moved on by `by` places; None if it has none."""
    small, large = string.ascii_lowercase, string.ascii_uppercase
    table = str.maketrans(small + large, small[by:] + small[:by] + large[by:] + large[:by])
    turned = text.translate(table)
    return turned if turned != text else None


def encode_base64(text: str) -> str | None:
    """Return the base64 of the UTF-8 bytes."""
    return base64.b64encode(text.encode()).decode()


def encode_hex(text: str) -> str | None:
    """Return the UTF-8 bytes in hex, a space between two bytes."""
    return text.encode().hex(" ")


def reverse(text: str) -> str | None:
    """Return the characters from last to first; None if that changes nothing."""
    return text[::-1] if text[::-1] != text else None


@functools.cache
def _code() -> Mapping[str, str]:
    words = _MORSE.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def encode_morse(text: str) -> str | None:
    """Return international Morse code, ` / ` between words; None if it has no sign for a character."""
    words = foldable(text).split()
    if not words or any(character not in _code() for word in words for character in word):
        return None
    return _BREAK.join(" ".join(_code()[character] for character in word) for word in words)


def decode_morse(code: str) -> str:
    """Return the text of a Morse code, in small letters."""
    letters = {signal: letter for letter, signal in _code().items()}
    return " ".join("".join(letters[signal] for signal in word.split()) for word in code.split(_BREAK))


def foldable(text: str) -> str:
    """Return `text` as Morse can say it at best: small letters, plain quotes and dashes, single spaces."""
    return " ".join(text.translate(_PLAIN).lower().split())


def encode_pinyin(text: str) -> str | None:
    """Return the pinyin with tone digits; None if there is no Chinese in it."""
    spelled = hanzi.transliterate(text)
    return spelled if spelled != text.strip() else None


def _then(first: Callable[[str], str | None], second: Callable[[str], str | None]) -> Callable[[str], str | None]:
    def both(text: str) -> str | None:
        between = first(text)
        return None if between is None else second(between)

    return both


def encoders() -> Mapping[str, Callable[[str], str | None]]:
    """Return placeholder → encoder."""
    rot13, caesar = functools.partial(rotate, by=13), functools.partial(rotate, by=CAESAR)
    return {
        "prompt": lambda text: text,
        "prompt_base64": encode_base64,
        "prompt_hex": encode_hex,
        "prompt_reversed": reverse,
        "prompt_rot13": rot13,
        "prompt_caesar": caesar,
        "prompt_morse": encode_morse,
        "prompt_pinyin": encode_pinyin,
        "prompt_pinyin_rot13": _then(encode_pinyin, rot13),
        "prompt_pinyin_caesar": _then(encode_pinyin, caesar),
        "prompt_hex_morse": _then(encode_hex, encode_morse),
    }


def cut(text: str, count: int) -> tuple[str, ...] | None:
    """Return `text` in `count` pieces of about equal length that join to it exactly; None if it is too short.

    Words are kept whole where there are enough of them.
    """
    breaks = [index + 1 for index, character in enumerate(text[:-1]) if character == " "]
    places = breaks if len(breaks) >= 2 * (count - 1) else list(range(1, len(text)))
    if len(places) < count - 1:
        return None
    marks = [0, *(places[len(places) * part // count] for part in range(1, count)), len(text)]
    return tuple(text[start:end] for start, end in itertools.pairwise(marks))
