"""The dossier as PDF by typst. A sign that the font lacks, or no font, is an EnvironmentFault, never a box."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench import catalogue, files
from bench.errors import EnvironmentFault
from bench.filing import clean, fonts
from bench.filing.document import FilingDocument
from bench.types import Language

TEMPLATE = "filing.typ"
FIXED = "0123456789 %▲•–"
"""Signs that the template itself prints."""


def render(document: FilingDocument, target: Path, lang: Language, font: Path | None = None) -> None:
    """Write the document as PDF in one language."""
    try:
        typst: Any = importlib.import_module("typst")
    except ImportError as error:
        raise EnvironmentFault("filing.package", name="typst") from error
    face = fonts.load(font)
    data = spoken(document, lang, face.family)
    fonts.require(face, [*strings(data), FIXED])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.json").write_bytes(msgspec.json.encode(data))
        (folder / TEMPLATE).write_bytes((Path(__file__).resolve().parent / TEMPLATE).read_bytes())
        pdf = typst.compile(str(folder / TEMPLATE), root=str(folder), font_paths=[str(face.path.parent)],
                            ignore_system_fonts=True)  # fmt: skip
    files.write(target, pdf)


def spoken(document: FilingDocument, lang: Language, family: str) -> dict[str, Any]:
    """Return the document as plain data in one language, with the words that the template needs."""
    plain: dict[str, Any] = _speak(msgspec.to_builtins(document), lang)
    texts = {name: catalogue.text(f"filing.{name}", lang) for name in ("page", "contents", "axis")}
    return {
        **plain,
        **texts,
        "header": clean.flat(plain["header"], 120),
        "short": plain["title"],
        "font": family,
        "lang": lang,
        "cover": whole(plain["cover"]),
        "sections": [{**s, "blocks": [whole(block) for block in s["blocks"]]} for s in plain["sections"]],
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


def whole(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block with the defaults that its struct leaves out."""
    if "columns" not in block:
        return block
    columns = [{"width": 1, "align": "left", **column} for column in block["columns"]]
    rows = [[{"tone": "plain", **cell} for cell in row] for row in block["rows"]]
    return {"wide": False, "head": True, **block, "columns": columns, "rows": rows}


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
