"""The one door to typst: markup and files in, PDF or pictures out. No network, no system font but the one given."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import EnvironmentFault
from bench.filing.drawing import Picture
from bench.filing.fonts import Font

MAIN = "main.typ"
DOTS = 220
"""Dots an inch of a picture: sharp in print."""
SHEET = """#let data = json("data.json")
#for one in data { page(width: auto, height: auto, margin: 0pt, image(one.file, width: one.width * 1mm)) }
"""


def compile(template: str, inputs: Mapping[str, bytes], face: Font, **options: Any) -> list[bytes]:
    """Return what typst makes of a template and its files; raises EnvironmentFault without typst."""
    try:
        typst: Any = importlib.import_module("typst")
    except ImportError as error:
        raise EnvironmentFault("filing.package", name="typst") from error
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {**inputs, MAIN: template.encode()}.items():
            (folder / file).write_bytes(content)
        made = typst.compile(str(folder / MAIN), root=str(folder), font_paths=[str(face.path.parent)],
                             ignore_system_fonts=True, **options)  # fmt: skip
    return made if isinstance(made, list) else [made]


def rasterise(pictures: Sequence[Picture], face: Font) -> list[bytes]:
    """Return each picture as PNG."""
    import msgspec

    if not pictures:
        return []
    files = {f"{index}.svg": picture.svg.encode() for index, picture in enumerate(pictures)}
    data = [{"file": f"{index}.svg", "width": picture.width} for index, picture in enumerate(pictures)]
    return compile(SHEET, {**files, "data.json": msgspec.json.encode(data)}, face, format="png", ppi=DOTS)
