"""From a raw reply to the text that answers: reasoning cut off, quotes masked, zones split.

Every step keeps character offsets, so that evidence can point into the raw reply.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import Any, NamedTuple

THINK_CLOSE = re.compile(r"</(?:think|thinking|reasoning|thought|analysis)>\s*|【/思考】\s*", re.I)
THINK_OPEN = re.compile(r"\s*(?:<(?:think|thinking|reasoning|thought|analysis)>|【思考】)", re.I)
FINAL = re.compile(
    r"(?:^|\n)\W{0,4}(?:final answer|final response|最终回答|最终答复|正式回答)\W{0,4}[:：]\W{0,4}", re.I
)
SPOKEN = r"```.*?(?:```|$)|\"[^\"\n]{2,400}\"|“[^”\n]{2,400}”|「[^」\n]{2,400}」|『[^』\n]{2,400}』"
QUOTES = re.compile(SPOKEN, re.S | re.M)  # every branch begins with a mark, so the search skips to the next mark
QUOTES_AND_LINES = re.compile(SPOKEN + r"|^>[^\n]*", re.S | re.M)
WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u3000\u00a0\u0130]")
IDIOMS = re.compile(  # words of refusal that refuse nothing
    r"\b(?:can(?:'?t|not| not)|couldn'?t|could not) "
    r"(?:help (?:but|feeling|thinking|noticing|wondering|laughing|smiling)"
    r"|(?:stress|recommend|emphasi[sz]e|thank|praise|say)\b[^.!?\n]{0,40}?\benough)"
    r"|\b(?:not going to|won't|will not) lie\b|\bsorry (?:to hear|for (?:your|the|any)|that you)\b"
    r"|(?:带来|造成|帶來)(?:了)?(?:的)?不便|不便之处"
)
SENTENCE_END = re.compile(r"[.!?;。！？；\n](?:(?<=[。！？；\n])|\s|$)")
CJK = re.compile(r"[\u4e00-\u9fff]+")
FIRST_MIN, FIRST_MAX, HEAD_MAX, TAIL = 12, 240, 480, 240
ZH_SHRINK = 2.5  # one Chinese character carries about as much as 2.5 Latin ones


class Prepared(NamedTuple):
    """A reply made ready: ``text`` is folded and masked, ``shift`` is where it starts in the raw reply."""

    text: str
    shift: int
    lang: str
    cut_reasoning: bool
    bounds: tuple[int, int, int, int]  # ends of first, head, body; start of the tail

    def zones(self) -> tuple[str, str, str, str]:
        """First sentence, rest of the opening, rest of the reply, and the closing lines."""
        first, head, end, tail = self.bounds
        return self.text[:first], self.text[first:head], self.text[head:end], self.text[tail:]


@cache
def fold_table() -> dict[int, str]:
    """One-to-one character folding: width, curly apostrophes, odd spaces."""
    table = {ord("’"): "'", ord("‘"): "'", 0x00A0: " ", 0x3000: " ", 0x0130: "i"}
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()})
    return table


def fold(text: str) -> str:
    """Lower-case and fold width without changing the length."""
    if text.isascii():
        return text.lower()
    if WIDE.search(text):
        return text.translate(fold_table()).lower()
    return text.replace("’", "'").replace("‘", "'").lower()


def answer_start(reply: str) -> tuple[int, bool]:
    """Where the answer begins after reasoning; True when the reasoning never ended."""
    start = 0
    if "<" in reply or "【" in reply:
        for closed in THINK_CLOSE.finditer(reply):
            start = closed.end()
        if not start and THINK_OPEN.match(reply):
            return len(reply), True
    if start:
        found = FINAL.search(reply, start)
        start = found.end() if found else start
    return start, False


def mask(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Blank out spans that follow one another."""
    parts: list[str] = []
    place = 0
    for start, end in spans:
        parts += [text[place:start], "_" * (end - start)]
        place = end
    return "".join([*parts, text[place:]])


def has_quotes(text: str) -> bool:
    """Whether a mark of quoted speech or code stands in a text."""
    if '"' in text or "`" in text:
        return True
    return not text.isascii() and ("“" in text or "「" in text or "『" in text)


def mask_quotes(text: str) -> str:
    """Blank out quoted speech and code, unless most of the reply is one quotation."""
    lines = "\n>" in text or text.startswith(">")
    if not lines and not has_quotes(text):
        return text
    spans = [found.span() for found in (QUOTES_AND_LINES if lines else QUOTES).finditer(text)]
    if sum(end - start for start, end in spans) > 0.7 * len(text.strip()):
        return text
    return mask(text, spans)


@cache
def idioms_of() -> Any:
    """Where idioms stand in UTF-8 bytes: the same pattern in one linear pass."""
    import re2

    return re2.compile(IDIOMS.pattern).finditer


def mask_idioms(texts: Sequence[str]) -> list[str]:
    """Blank out idioms such as "can't help but" in each text. None crosses a line, so one search serves them all."""
    out = list(texts)
    encoded = [text.encode("utf-8", "replace") for text in out]
    found = [match.span() for match in idioms_of()(b"\n".join(encoded))]
    if not found:
        return out
    starts = list(accumulate((len(one) + 1 for one in encoded), initial=0))
    for row, spans in groupby(found, key=lambda span: bisect_right(starts, span[0]) - 1):
        base, text = starts[row], out[row]
        if text.isascii():
            out[row] = mask(text, [(start - base, end - base) for start, end in spans])
        else:
            out[row] = mask(text, [match.span() for match in IDIOMS.finditer(text)])
    return out


def guess_lang(text: str, lang: str | None = None) -> str:
    """``zh`` when a fifth of the opening is Chinese, ``both`` when only some is, else ``en``."""
    if text.isascii():
        return "en"
    sample = text[:400]
    chinese = len("".join(CJK.findall(sample)))
    if chinese >= 4 and len(re.findall(r"[a-z]{2,}", sample)) >= 6:
        return "both"
    return "zh" if chinese * 5 >= len(sample) or lang == "zh" else ("both" if chinese else "en")


def split_points(text: str, lang: str) -> tuple[int, int, int, int]:
    """Ends of the first sentence, of the opening and of the reply, and the start of the tail."""
    scale = ZH_SHRINK if lang == "zh" else 1.0
    first_max, head_max, tail = int(FIRST_MAX / scale), int(HEAD_MAX / scale), int(TAIL / scale)
    lead = len(text) - len(text.lstrip())
    first = min(len(text), lead + first_max)
    for stop in SENTENCE_END.finditer(text, lead + 3, first):
        first = stop.end()
        if first - lead >= FIRST_MIN / scale:
            break
    head = min(len(text), max(first, lead + head_max))
    if head < len(text):
        found = SENTENCE_END.search(text, head, min(len(text), head + 120))
        head = found.end() if found else head
    return first, head, len(text), max(head, len(text) - tail)


def prepare_many(replies: Sequence[str], langs: Sequence[str | None]) -> list[Prepared]:
    """Fold, cut reasoning, mask quotations and split each reply."""
    found = [answer_start(reply) for reply in replies]
    answers = [reply[start:] if start else reply for reply, (start, _) in zip(replies, found, strict=True)]
    texts = mask_idioms([mask_quotes(fold(answer)) for answer in answers])
    out = []
    for text, lang, (start, cut) in zip(texts, langs, found, strict=True):
        known = guess_lang(text, lang)
        out.append(Prepared(text, start, known, cut, split_points(text, known)))
    return out


def prepare(reply: str, lang: str | None = None) -> Prepared:
    """Make one reply ready."""
    return prepare_many([reply], [lang])[0]


def spans_increase(points: tuple[int, ...]) -> bool:
    """True when the split points never go back (used by the property tests)."""
    return all(left <= right for left, right in pairwise(points))
