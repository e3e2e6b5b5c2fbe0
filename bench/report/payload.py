"""The records that the page's script shows: JSON that cannot end its script element, deflated when large."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from bench import catalogue
from bench.report import changes
from bench.report.document import Document, Exchange
from bench.report.glyphs import visible
from bench.summary import Gap, short

PLAIN = 300_000
"""A payload longer than this is deflated."""
BUDGET = 4_200_000
"""The longest payload; texts are cut until it fits, so that the page stays under 5 MB."""
CUTS = (
    *(20_000, 10_000, 6_000, 4_000, 3_000, 2_500, 2_000, 1_700, 1_400, 1_200, 1_000),
    *(850, 700, 600, 500, 400, 300, 250, 200, 150, 100, 50, 0),
)
"""Characters kept of a text: the first number that fits the budget."""
REMARK = 1_000
"""Characters kept of a reason or a detail."""
FAILED = 4
"""Records that did not pass keep so many times more."""
FIELDS = (
    *("i", "item", "suite", "dimension", "codes", "lang", "variant", "expect", "status", "passed", "label", "scorer"),
    *("confidence", "reason", "detail", "hidden", "withheld", "messages", "reply", "reasoning", "cut"),
)
Sets = Iterable[tuple[str, Sequence[int]]]
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Payload(NamedTuple):
    """The content of the script element; `kept` is the most it holds of a text, `cut` whether any text was longer."""

    data: Markup
    deflated: bool
    kept: int
    cut: bool


def pack(document: Document, budget: int = BUDGET, more: Sets = ()) -> Payload:
    """Return the records of a document as the content of a JSON script element of at most `budget` characters.

    `more` are records behind figures that stand beside the document's own.
    """
    more = tuple(more)
    found = encode(document, CUTS[0], more)
    for kept in CUTS[1:]:
        if len(found.data) <= budget:
            break
        if kept and guess(document, found, kept) > budget:
            continue
        found = encode(document, kept, more)
    return found


def guess(document: Document, found: Payload, kept: int) -> float:
    """Return about how long the payload gets with shorter texts, so that few tries are needed."""
    before, after = (sum(volume(one, most) for one in document.exchanges) for most in (found.kept, kept))
    return len(found.data) * after / max(1, before)


def volume(one: Exchange, kept: int) -> int:
    """Return how many characters of an exchange's texts are kept."""
    return sum(min(len(text), longest(one, kept)) for text in texts(one))


def longest(one: Exchange, kept: int) -> int:
    """Return how much of a text is kept: what did not pass is what readers look at, so it gets more room."""
    return kept if one.passed else FAILED * kept


def texts(one: Exchange) -> Iterator[str]:
    """Yield the texts of an exchange; a hidden one has none."""
    if not one.hidden:
        yield from (turn.content for turn in one.messages)
        yield from (one.reply, one.reasoning or "")


def encode(document: Document, kept: int, more: Sets = ()) -> Payload:
    """Return the records with at most `kept` characters of each text."""
    rows = [record(one, kept) for one in document.exchanges]
    content = {
        "fields": FIELDS,
        "rows": rows,
        "sets": {key: deltas(ids) for key, ids in (*sets(document), *more)},
        "names": {key: [name.zh, name.en] for key, name in document.names.items()},
        "words": words(),
    }
    plain = htmlsafe_json_dumps(clean(content), dumps=_dumps)
    cut = any(row[-1] for row in rows)
    if len(plain) <= PLAIN:
        return Payload(plain, deflated=False, kept=kept, cut=cut)
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = squeeze.compress(plain.encode()) + squeeze.flush()
    return Payload(Markup(base64.b64encode(packed).decode()), deflated=True, kept=kept, cut=cut)


def record(one: Exchange, kept: int) -> list[Any]:
    """Return one record in the order of FIELDS. A hidden one keeps no text that could quote the item."""
    most = longest(one, kept)
    messages = [] if one.hidden else [[turn.role, turn.content[:most]] for turn in one.messages]
    reply = "" if one.hidden else one.reply[:most]
    reasoning = None if one.hidden or one.reasoning is None else one.reasoning[:most]
    return [
        *(one.i, one.item, one.suite, one.dimension, one.codes, one.lang, one.variant, one.expect, one.status),
        *(one.passed, one.label, one.scorer, one.confidence),
        *remarks(one),
        one.hidden,
        one.withheld,
        messages,
        reply,
        reasoning,
        sum(max(0, len(text) - most) for text in texts(one)),
    ]


def remarks(one: Exchange) -> tuple[str | None, str | None]:
    """Return why a record is unscored and what its status means; a hidden one keeps no quotation of its item."""
    if one.hidden:
        return short(one.reason)[:REMARK] if one.reason else None, None
    return one.reason and one.reason[:REMARK], one.detail and one.detail[:REMARK]


def sets(document: Document) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the records behind each figure, by the figure's id."""
    for row in document.rows:
        yield f"{row.id}/all", row.records
        yield f"{row.id}/failed", row.failures
    for finding in document.findings:
        yield f"finding/{finding.id}", finding.records
    for gap in document.gaps:
        yield f"{gap.id}/first", of_items(document, gap, gap.first_only_items)
        yield f"{gap.id}/second", of_items(document, gap, gap.second_only_items)
    yield from changes.sets(document)


def of_items(document: Document, gap: Gap, items: Iterable[str]) -> list[int]:
    """Return the records of some items in the two languages of a gap."""
    wanted = set(items)
    if not wanted:
        return []
    return [
        one.i
        for one in document.exchanges
        if one.item in wanted and one.dimension == gap.dimension and one.lang in (gap.first, gap.second)
    ]


def deltas(ids: Iterable[int]) -> list[int]:
    """Return sorted ids as steps, which deflate to almost nothing."""
    ordered = sorted(ids)
    return [step - before for before, step in zip([0, *ordered], ordered, strict=False)]


def words() -> dict[str, list[str]]:
    """Return the catalogue texts that the script speaks."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, entry in catalogue.area("html").items():
        if name.startswith("record."):
            found[name.removeprefix("record.")] = [entry["zh"], entry["en"]]
    return found


def clean(value: Any) -> Any:
    """Return plain data with every hidden character of its texts made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): clean(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value
