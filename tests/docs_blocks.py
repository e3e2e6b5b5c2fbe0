"""Code blocks of the documentation, as data: ```lang file=name."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT

_BLOCK = re.compile(r"^```(?P<lang>\w+)(?: file=(?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, lang: str) -> list[str]:
    """Return the bodies of a page's code blocks in one language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [match["body"] for match in _BLOCK.finditer(text) if match["lang"] == lang]


def extract(page: str, folder: Path) -> None:
    """Write the named blocks of a page as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for match in _BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
        if match["file"]:
            (folder / match["file"]).write_text(match["body"], encoding="utf-8")
