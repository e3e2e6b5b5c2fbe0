"""Which font prints the dossier: asked for, installed as a package, or the system's; and does it hold every sign?"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import EnvironmentFault

PACKAGE = "pylopdf_fonts_zh_cn"
PACKAGED = "NotoSansSC-Regular.otf"
SYSTEM = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
SHOWN = 20
NAMES = 1
"""Index of the family name in a font's name table."""


class Font(NamedTuple):
    """A font file, its family name, and the code points it has."""

    path: Path
    family: str
    codes: frozenset[int]


def find(asked: Path | None = None) -> Path:
    """Return the font file: the one asked for, the installed package's, a system font; else EnvironmentFault."""
    if asked is not None:
        if not asked.is_file():
            raise EnvironmentFault("filing.font_missing", name=str(asked))
        return asked
    spec = importlib.util.find_spec(PACKAGE)
    packaged = [Path(folder) / PACKAGED for folder in (spec.submodule_search_locations or ())] if spec else []
    for candidate in (*packaged, *map(Path, SYSTEM)):
        if candidate.is_file():
            return candidate
    raise EnvironmentFault("filing.font_none", package="pylopdf-fonts-zh-cn")


def load(asked: Path | None = None) -> Font:
    """Return the font with its coverage; raises EnvironmentFault if there is none or it cannot be read."""
    path = find(asked)
    try:
        library: Any = importlib.import_module("fontTools.ttLib")
    except ImportError as error:
        raise EnvironmentFault("filing.package", name="fonttools") from error
    try:
        with path.open("rb") as handle:
            font = library.TTFont(handle, fontNumber=simplified(library, path), lazy=True)
            family = str(font["name"].getDebugName(NAMES))
            return Font(path, family, frozenset(font.getBestCmap()))
    except Exception as error:  # a damaged font raises whatever its table's parser raises
        raise EnvironmentFault("filing.font_unreadable", name=path.name, why=str(error)) from error


def simplified(library: Any, path: Path) -> int:
    """Return which face of a collection is the one for mainland China; 0 for a single font."""
    if path.suffix.lower() not in (".ttc", ".otc"):
        return 0
    with path.open("rb") as handle:
        faces = library.TTCollection(handle, lazy=True).fonts
        names = [str(face["name"].getDebugName(NAMES)) for face in faces]
    return next((index for index, name in enumerate(names) if name.endswith((" SC", "PingFang SC"))), 0)


def missing(font: Font, texts: Iterable[str]) -> list[str]:
    """Return the signs that the font does not have, sorted."""
    used = {sign for text in texts for sign in text}
    return sorted(sign for sign in used if ord(sign) not in font.codes and not sign.isspace())


def require(font: Font, texts: Iterable[str]) -> None:
    """Raise EnvironmentFault if any sign would print as a box; it names the first text that holds one."""
    texts = list(texts)
    absent = missing(font, texts)
    if absent:
        shown = " ".join(f"U+{ord(sign):04X}" for sign in absent[:SHOWN])
        found = next(text for text in texts if not set(absent).isdisjoint(text))
        at = max(0, min(found.index(sign) for sign in absent if sign in found) - SHOWN)
        excerpt = " ".join(found[at : at + 2 * SHOWN].split())
        raise EnvironmentFault("filing.glyphs", name=font.path.name, count=len(absent), signs=shown, text=excerpt)
