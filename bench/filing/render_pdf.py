"""The dossier as PDF by typst. A sign that the font lacks, or no font, is an EnvironmentFault, never a box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench import catalogue, files
from bench.filing import clean, drawing, fonts, groups, typeset, widths
from bench.filing.document import Block, Chart, FilingDocument, Table
from bench.types import Language

TEMPLATE = "filing.typ"
NARROW, WIDE = 174.0, 261.0
"""Millimetres of text on a page, upright and across."""
FIXED = "0123456789 %▲•–"
"""Signs that the template itself prints."""


def render(document: FilingDocument, target: Path, lang: Language, font: Path | None = None) -> None:
    """Write the document as PDF in one language."""
    face = fonts.load(font)
    data = spoken(document, lang, face.family)
    name_signs(data, face)
    drawn = draw(document, data, lang, face.family)
    fonts.require(face, [*strings(data), *drawn.values(), FIXED])
    template = (Path(__file__).resolve().parent / TEMPLATE).read_text(encoding="utf-8")
    inputs = {name: svg.encode() for name, svg in drawn.items()}
    made = typeset.compile(template, {**inputs, "data.json": msgspec.json.encode(data)}, face)
    files.write(target, made[0])


def name_signs(data: dict[str, Any], face: fonts.Font) -> None:
    """Print the signs of a model's words that the font lacks as their numbers."""
    blocks = (block for section in data["sections"] for block in section["blocks"] if "rows" in block)
    rows = (row for block in blocks for row in block["rows"])
    for cell in (cell for row in rows for cell in row["cells"] if cell.get("quote")):
        absent = fonts.missing(face, [cell["text"]])
        cell["text"] = cell["text"].translate({ord(sign): f"[U+{ord(sign):04X}]" for sign in absent})


def draw(document: FilingDocument, data: dict[str, Any], lang: Language, family: str) -> dict[str, str]:
    """Return the charts as files, and name them in the data in place of their figures."""
    drawn: dict[str, str] = {}
    for section, plain in zip(document.sections, data["sections"], strict=True):
        for place, block in enumerate(section.blocks):
            if not isinstance(block, Chart):
                continue
            shown = []
            for picture in drawing.pictures(block, lang, family):
                name = f"{len(drawn)}.svg"
                drawn[name] = picture.svg
                shown.append({"file": name, "width": picture.width})
            old = plain["blocks"][place]
            plain["blocks"][place] = {"type": "chart", "title": old["title"], "note": old["note"], "shown": shown}
    return drawn


def spoken(document: FilingDocument, lang: Language, family: str) -> dict[str, Any]:
    """Return the document as plain data in one language, with the words that the template needs."""
    plain: dict[str, Any] = _speak(msgspec.to_builtins(document), lang)
    texts = {name: catalogue.text(f"filing.{name}", lang) for name in ("page", "contents")}
    return {
        **plain,
        **texts,
        "header": clean.flat(plain["header"], 120),
        "short": plain["title"],
        "font": family,
        "lang": lang,
        "cover": whole(plain["cover"], document.cover, lang),
        "first": whole(plain["first"], document.first, lang),
        "sections": [
            {**said, "blocks": [whole(*pair, lang) for pair in zip(said["blocks"], section.blocks, strict=True)]}
            for said, section in zip(plain["sections"], document.sections, strict=True)
        ],
    }


def _speak(value: Any, lang: Language) -> Any:
    """Return plain data with every text in one language, cleaned."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return clean.text(value[lang])
        return {key: _speak(inner, lang) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_speak(inner, lang) for inner in value]
    return clean.text(value) if isinstance(value, str) else value


def whole(plain: dict[str, Any], block: Block, lang: Language) -> dict[str, Any]:
    """Return a block with the defaults that its struct leaves out, and the columns of a table with their widths."""
    if not isinstance(block, Table):
        return plain
    sized = widths.columns(groups.printed(block), lang, WIDE if block.wide else NARROW)
    pairs = zip(plain["columns"][-len(sized) :], sized, strict=True)
    columns = [{"align": "left", **column, "width": width} for column, width in pairs]
    rows = [row_of(line, lang) for line in groups.lines(block)]
    return {"wide": False, "head": True, **plain, "columns": columns, "rows": rows}


def row_of(line: groups.Line, lang: Language) -> dict[str, Any]:
    """Return a line of a table as plain data: its cells, or the heading over the rows that follow."""
    cells = line.cells if line.heading is None else (line.heading,)
    said = [{"tone": "plain", **_speak(msgspec.to_builtins(cell), lang)} for cell in cells]
    return {"heading": line.heading is not None, "cells": said}


def strings(value: Any) -> Iterator[str]:
    """Yield every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
