"""What says nothing: replies without a letter, digit or ideograph once invisible and blank-looking signs are taken out.

Invisible or blank are the default-ignorable code points of Unicode (soft hyphen, zero-width signs, tags, variation
selectors), the Hangul fillers U+115F, U+1160, U+3164 and U+FFA0, the empty Braille cell U+2800, controls and U+FFFD. Of
these only the fillers count as letters in Unicode. Ticks and crosses answer a question, other signs do not.
"""

from __future__ import annotations

import re
from typing import Literal

Nothing = Literal["empty", "noise"]
SAID = re.compile("[^\\W_\u115f\u1160\u3164\uffa0]|[√×✓✔✗✘]")
SHORT = 300
"""No longer is a message of a machine: what is longer may be an answer about one."""
RUN = 40
"""So many signs, of three kinds at most, are no text."""
_CODE = r"[45]\d\d"
_BROKEN = (  # says by itself that a machine broke
    r"(?:internal )?server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|too many requests"
    r"|服务器?(?:内部)?错误|网关(?:错误|超时)|请求(?:超时|失败|过多)|服务(?:暂时|暂)?不可用|网络(?:错误|异常)|系统(?:错误|异常|繁忙)"
)
_PHRASE = rf"{_BROKEN}|bad request|unauthori[sz]ed|forbidden|(?:page )?not found|request time-?out"
_WORD = r"(?:http(?:/[\d.]+)?|(?:api )?error|status|错误(?:代码)?|状态码)(?: code| status)?"
_GAP, _END = r"[\s:：.,\-–—()（）]*", r"[\s.。!！…:：)）]*"
_MACHINE = re.compile(
    rf"\W*(?:null|none|nil|undefined|nan|n/a|\[object \w+\]|error)\W*"
    rf"|\W*(?:{_WORD}{_GAP}){{1,3}}(?:{_CODE}{_GAP}(?:{_PHRASE})?|{_PHRASE}){_END}"
    rf"|\W*{_CODE}{_GAP}(?:{_PHRASE}){_END}|(?:{_BROKEN}){_GAP}(?:{_CODE})?{_END}"
    r"|traceback \(most recent call last\):.*|\{\s*\"error\"\s*:.*\}|<(?:!doctype )?html\b.*",
    re.IGNORECASE | re.DOTALL,
)


def says_nothing(text: str) -> bool:
    """Return whether a text holds no letter, digit, ideograph, tick or cross that can be seen."""
    return SAID.search(text) is None


def nothing_in(text: str) -> Nothing | None:
    """Return why there is nothing to judge in a text, or None: it is empty, or the noise of a machine.

    Noise is `null` and the like, a bare message of an error, or one sign over and over.
    """
    if says_nothing(text):
        return "empty"
    if len(text) >= RUN and len(set(text[:200].split())) <= 3 and len(set(text)) <= 3:
        return "noise"
    return "noise" if len(text) <= SHORT and _MACHINE.fullmatch(text) else None
