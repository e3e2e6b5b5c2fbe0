"""Texts made comparable: width, case, white space, traditional characters left alone, option letters."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_EDGES = " \t\n.,;:!?\"'`*_()[]{}<>。，；：！？、“”‘’（）【】《》「」…—-"


def normalise(text: str) -> str:
    """Return `text` in NFKC (full width → half width), lower case, without invisible characters, spaces single."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", _INVISIBLE.sub("", folded)).strip()


def bare(text: str) -> str:
    """Return normalised text without punctuation and mark-up at its ends."""
    return normalise(text).strip(_EDGES)


def squeeze(text: str) -> str:
    """Return normalised text without any white space, for comparing Chinese."""
    return normalise(text).replace(" ", "")
