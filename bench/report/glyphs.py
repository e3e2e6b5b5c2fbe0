"""Characters that hide or reorder text, made visible. What a model wrote is shown, never obeyed."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d"
)
"""Controls (C0 without TAB and LF, C1), bidi and zero-width characters, variation selectors and tags that can smuggle
text, lone surrogates, and joiners outside emoji."""


def visible(text: str) -> str:
    """Return `text` with every hidden character as a sign: `␛` for C0 controls, `⟨U+202E⟩` for the others.

    The result has no lone surrogate, so that it can always be encoded.
    """
    return _HIDDEN.sub(_sign, text.replace("\r\n", "\n"))


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"
