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
from bench.report.document import Document, Exchange
from bench.report.glyphs import visible
from bench.summary import Gap, short

PLAIN = 300_000
"""A payload longer than this is deflated."""
BUDGET = 4_200_000
"""The longest payload; texts are cut until it fits, so that the page stays under 5 MB."""
CUTS = (20_000, 4_000, 2_000, 1_000, 500, 250, 100, 0)
"""Characters kept of a text: the first number that fits the budget."""
FIELDS = (
    *("i", "item", "suite", "dimension", "codes", "lang", "variant", "expect", "status", "passed", "label", "scorer"),
    *("confidence", "reason", "detail", "hidden", "messages", "reply", "reasoning", "cut"),
)
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Payload(NamedTuple):
    """The content of the script element; `kept` is how much of a text it holds at most, `cut` says whether it mattered."""

    data: Markup
    deflated: bool
    kept: int
    cut: bool


def pack(document: Document, budget: int = BUDGET) -> Payload:
    """Return the records of a document as the content of a JSON script element of at most `budget` characters."""
    for kept in CUTS:
        found = encode(document, kept)
        if len(found.data) <= budget:
            break
    return found


def encode(document: Document, kept: int) -> Payload:
    """Return the records with at most `kept` characters of each text."""
    rows = [record(one, kept) for one in document.exchanges]
    content = {
        "fields": FIELDS,
        "rows": rows,
        "sets": {key: deltas(ids) for key, ids in sets(document)},
        "names": {key: [name.zh, name.en] for key, name in document.names.items()},
        "words": words(),
    }
    plain = htmlsafe_json_dumps(clean(content), dumps=_dumps)
    cut = any(row[-1] for row in rows)
    if len(plain) <= PLAIN:
        return Payload(plain, deflated=False, kept=kept, cut=cut)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = squeeze.compress(plain.encode()) + squeeze.flush()
    return Payload(Markup(base64.b64encode(packed).decode()), deflated=True, kept=kept, cut=cut)


def record(one: Exchange, kept: int) -> list[Any]:
    """Return one record in the order of FIELDS. A hidden one keeps no text that could quote the item."""
    messages = [] if one.hidden else [[turn.role, turn.content] for turn in one.messages]
    reply = "" if one.hidden else one.reply
    reasoning = None if one.hidden else one.reasoning
    texts = [*(content for _, content in messages), reply, reasoning or ""]
    return [
        *(one.i, one.item, one.suite, one.dimension, one.codes, one.lang, one.variant, one.expect, one.status),
        *(one.passed, one.label, one.scorer, one.confidence),
        short(one.reason) if one.hidden and one.reason else one.reason,
        None if one.hidden else one.detail,
        one.hidden,
        [[role, content[:kept]] for role, content in messages],
        reply[:kept],
        reasoning[:kept] if reasoning else reasoning,
        sum(max(0, len(text) - kept) for text in texts),
    ]


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
