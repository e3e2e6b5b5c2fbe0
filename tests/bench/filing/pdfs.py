"""What a PDF says, which fonts it carries, and which of their glyphs it uses: read by pypdf, without system tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
from pypdf.generic import ContentStream


def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def part(one: Any, name: str) -> Any:
    """Return a dictionary within another; an empty one where there is none."""
    return one[name].get_object() if name in one else {}


def forms(reader: Any) -> list[Any]:
    """Return pages and the drawings on them, each once."""
    found: dict[int, Any] = {}
    waiting = list(reader.pages)
    while waiting:
        one = waiting.pop()
        key = id(one) if one.indirect_reference is None else one.indirect_reference.idnum
        if key not in found:
            found[key] = one
            inner = part(part(one, "/Resources"), "/XObject")
            waiting += [drawn.get_object() for drawn in inner.values() if drawn.get_object().get("/Subtype") == "/Form"]
    return list(found.values())


def fonts(path: Path) -> dict[str, bool]:
    """Return each font by name: is it embedded?"""
    found: dict[str, bool] = {}
    for one in forms(pypdf.PdfReader(path)):
        for font in part(part(one, "/Resources"), "/Font").values():
            base = font.get_object()
            inner = base["/DescendantFonts"][0].get_object() if "/DescendantFonts" in base else base
            descriptor = inner["/FontDescriptor"].get_object()
            files = ("/FontFile", "/FontFile2", "/FontFile3")
            found[str(base["/BaseFont"])] = any(name in descriptor for name in files)
    return found


def glyphs(path: Path) -> set[int]:
    """Return every glyph number that pages and drawings print; 0 is `.notdef`, a box."""
    reader = pypdf.PdfReader(path)
    streams = (one.get_contents() if "/Contents" in one else ContentStream(one, reader) for one in forms(reader))
    return {code for stream in streams if stream is not None for code in printed(stream)}


def printed(stream: Any) -> Iterator[int]:
    """Yield the glyph numbers of a stream: two bytes each."""
    for operands, operator in stream.operations:
        for text in operands[0] if operator == b"TJ" else operands if operator == b"Tj" else ():
            raw = getattr(text, "original_bytes", b"")
            yield from (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))
