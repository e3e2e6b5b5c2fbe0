"""The coverage page: which codes of which taxonomy the built-in suites have items for. Written, never edited.

python -m bench.lint.coverage            # compare docs/coverage.md; exit 1 if it is not what this writes
python -m bench.lint.coverage --write
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench import errors, files, resources, taxonomies
from bench.lint import versions
from bench.taxonomies import Taxonomy
from bench.types import Suite, Value

ENOUGH = 30
"""Below so many items a rate says little: its 95 % interval is wider than ±10 points at 90 %."""
STRENGTHS = ("high", "medium")
"""Links that count for the projected column; a low one is for orientation only."""


class Row(Value, frozen=True):
    """One code: items that carry it, and items of codes that the crosswalk links to it."""

    code: str
    zh: str
    en: str
    direct: int
    linked: int


def count(suites: Sequence[Suite]) -> Counter[str]:
    """Return how many items carry each qualified code."""
    return Counter(code for suite in suites for item in suite.items for code in set(item.codes))


def linked(suites: Sequence[Suite]) -> Counter[str]:
    """Return how many items have a code that the crosswalk links to each code, each item once."""
    targets: dict[str, set[str]] = {}
    for link in taxonomies.crosswalk().links:
        if link.confidence in STRENGTHS:
            targets.setdefault(link.origin, set()).add(link.to)
            targets.setdefault(link.to, set()).add(link.origin)
    found: Counter[str] = Counter()
    for suite in suites:
        for item in suite.items:
            found.update({target for code in item.codes for target in targets.get(code, ())} - set(item.codes))
    return found


def rows(taxonomy: Taxonomy, direct: Mapping[str, int], projected: Mapping[str, int]) -> list[Row]:
    """Return one row a code."""
    names = ((f"{taxonomy.taxonomy}:{code.code}", code) for code in taxonomy.codes)
    return [
        Row(code=code.code, zh=code.name.zh, en=code.name.en, direct=direct.get(key, 0), linked=projected.get(key, 0))
        for key, code in names
    ]


def page(suites: Sequence[Suite]) -> str:
    """Return the page as Markdown."""
    direct, projected = count(suites), linked(suites)
    tables = [(taxonomies.load(name), rows(taxonomies.load(name), direct, projected)) for name in taxonomies.names()]
    items = sum(len(suite.items) for suite in suites)
    return "\n".join([*_head(items, len(suites)), *_overview(tables), *_details(tables)]) + "\n"


def _head(items: int, suites: int) -> Iterator[str]:
    yield "# Coverage of the taxonomies · 分类法覆盖情况"
    yield ""
    yield "<!-- Written by `python -m bench.lint.coverage --write`; do not edit. -->"
    yield ""
    yield (
        f"Counted over the {items} items of the {suites} suites that ship with the project (suites that need other "
        "people's data are not counted). **Items** carry the code themselves. **Linked** items carry a code of another "
        "taxonomy that our own [crosswalk](../configs/taxonomies/crosswalk.yaml) links to it with high or medium "
        "confidence: an orientation, not a measurement of that code. An item may count under several codes."
    )
    yield ""
    yield (
        f"统计范围：随项目发布的 {suites} 个套件、{items} 道题（需要他人数据的套件不计）。"
        "**题数**：题目本身带有该编码。**折算**：题目带有的其他编码经本项目自己的对照表（可信度高或中）与之相连，仅供参考，不等于测量了该编码。"
        "一道题可以计入多个编码。"
    )
    yield ""


def _overview(tables: Sequence[tuple[Taxonomy, list[Row]]]) -> Iterator[str]:
    yield f"| taxonomy 分类法 | codes 编码 | with items 有题 | n ≥ {ENOUGH} | none 无题 | neither 折算仍无 |"
    yield "|---|---:|---:|---:|---:|---:|"
    for taxonomy, found in tables:
        some, enough = sum(row.direct > 0 for row in found), sum(row.direct >= ENOUGH for row in found)
        nothing = sum(not row.direct and not row.linked for row in found)
        name = f"[{taxonomy.taxonomy}](#{taxonomy.taxonomy})"
        yield f"| {name} | {len(found)} | {some} | {enough} | {len(found) - some} | {nothing} |"
    yield ""


def _details(tables: Sequence[tuple[Taxonomy, list[Row]]]) -> Iterator[str]:
    for taxonomy, found in tables:
        yield f"## {taxonomy.taxonomy}"
        yield ""
        yield f"{taxonomy.title.en} · {taxonomy.title.zh}"
        yield ""
        yield "| code 编码 | name | 名称 | items 题数 | linked 折算 | |"
        yield "|---|---|---|---:|---:|---|"
        for row in found:
            yield f"| {row.code} | {_cell(row.en)} | {_cell(row.zh)} | {row.direct} | {row.linked} | {_mark(row)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _mark(row: Row) -> str:
    """Return the plain word for how well a code is covered."""
    if row.direct:
        return "" if row.direct >= ENOUGH else f"n < {ENOUGH}"
    return "linked only 仅折算" if row.linked else "**none 无**"


def path() -> Path:
    """Return where the page is in a checkout."""
    return resources.folder("suites").parent / "docs" / "coverage.md"


def main(arguments: Sequence[str]) -> int:
    """Compare or write the page; return the exit code."""
    text = page(versions.built_in())
    if "--write" in arguments:
        files.write(path(), text.encode())
        return errors.OK
    current = path().read_text(encoding="utf-8") if path().is_file() else ""
    return errors.OK if current == text else errors.GATE_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
