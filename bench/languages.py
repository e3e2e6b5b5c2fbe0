"""Languages: tags (BCP 47) as people write them, and the language of a text without one."""

from __future__ import annotations

import functools
import re

from bench.types import Language

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_WORD = re.compile("[A-Za-z]+")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
OURS = frozenset(("zh", "en"))
"""The languages that the harness's own scorers of behaviour and content know."""


def is_tag(text: str) -> bool:
    """Return whether a text has the form of a language tag."""
    return _TAG.match(text) is not None


@functools.lru_cache(1024)
def normal(tag: str) -> Language:
    """Return `zh` or `en` for their tags in any case, of any region or script (`zh-CN`, `EN`); others in lower case."""
    base = re.split("[-_]", tag, maxsplit=1)[0].lower()
    return base if base in OURS else tag.lower()


def of_text(text: str) -> Language:
    """Return `zh` if a text has more Chinese characters than Latin words, else `en`."""
    if text.isascii():
        return "en"
    sample = text[:2000]
    if not _HAN.search(sample):
        return "en"
    chinese = len("".join(_HAN.findall(sample)))
    return "zh" if chinese > len(_WORD.findall(sample)) else "en"
