"""Which files a filing writes, and with which renderer."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bench import catalogue
from bench.errors import EnvironmentFault, UsageError
from bench.filing.build import build
from bench.filing.document import FilingDocument
from bench.filing.material import Material

FORMATS = ("html", "docx", "pdf", "xlsx", "markdown", "json")
SUFFIXES = {"docx": "docx", "pdf": "pdf", "xlsx": "xlsx", "markdown": "md"}
STEM = "filing"
PRINT = {"typst": "typst", "fontTools": "fonttools"}
PACKAGES = {"docx": {"docx": "python-docx", **PRINT}, "pdf": PRINT, "xlsx": {"xlsxwriter": "xlsxwriter"}}
"""Format → the modules that it needs, with the packages that bring them; the others need none."""


class Wishes(NamedTuple):
    """How a dossier is to be written: the font of print, an organisation's Word template, the texts of failures."""

    font: Path | None = None
    template: Path | None = None
    include_text: bool = False


PLAIN = Wishes()


def write(material: Material, folder: Path, formats: Sequence[str] = FORMATS, wishes: Wishes = PLAIN) -> list[Path]:
    """Write the dossier in each format and language and return the files; raises EnvironmentFault without a font."""
    check(formats)
    document = build(material, wishes.include_text)
    written: list[Path] = []
    for name in sorted(formats, key=lambda name: name in ("docx", "pdf")):  # last: only they can lack a font
        if name in WHOLE:
            written.append(WHOLE[name](document, folder, material))
            continue
        for lang in catalogue.LANGUAGES:
            target = folder / f"{STEM}.{lang}.{SUFFIXES[name]}"
            write_one(name, document, target, lang, (material, wishes))
            written.append(target)
    return written


def check(formats: Sequence[str], template: Path | None = None, font: Path | None = None) -> None:
    """Raise UsageError for a format that there is not, or a template that cannot be one; before anything is asked.

    Raises EnvironmentFault for a font that was asked for and is missing or cannot be read.
    """
    for name in formats:
        if name not in FORMATS:
            raise UsageError("filing.format", name=name, known=", ".join(FORMATS))
    if template is not None:
        from bench.filing import word

        word.check(template)
    if font is not None:
        from bench.filing import fonts

        fonts.load(font)


def check_packages(formats: Sequence[str], font: Path | None = None) -> None:
    """Raise EnvironmentFault if a format lacks a package or its font: to be told before a model is asked."""
    lacking = {
        name: {brought for module, brought in PACKAGES.get(name, {}).items() if find_spec(module) is None}
        for name in formats
    }
    if names := sorted(set().union(*lacking.values())):
        rest = ",".join(name for name, missing in lacking.items() if not missing)
        broken = ", ".join(name for name, missing in lacking.items() if missing)
        raise EnvironmentFault("filing.packages", formats=broken, names=", ".join(names), rest=rest or "html")
    if {"docx", "pdf"} & set(formats):
        from bench.filing import fonts

        fonts.find(font)


def write_json(document: FilingDocument, folder: Path, _: Material) -> Path:
    """Write the document as JSON."""
    from bench.filing import render_text

    target = folder / f"{STEM}.json"
    render_text.write_json(document, target)
    return target


def write_html(document: FilingDocument, folder: Path, material: Material) -> Path:
    """Write the document as a page that speaks both languages."""
    from bench.filing import compliance, render_html

    target = folder / f"{STEM}.html"
    tone = render_html.TONES.get(compliance.overall(material), "unsure")
    render_html.render(document, target, material, tone)
    return target


WHOLE = {"json": write_json, "html": write_html}
"""Formats that hold both languages in one file."""


def write_one(
    name: str,
    document: FilingDocument,
    target: Path,
    lang: str,
    beside: tuple[Material, Wishes],
) -> None:
    """Write one format in one language; each renderer is imported on use."""
    material, wishes = beside
    if name == "docx":
        from bench.filing import render_docx

        render_docx.render(document, target, lang, wishes.font, wishes.template)
    elif name == "pdf":
        from bench.filing import render_pdf

        render_pdf.render(document, target, lang, wishes.font)
    elif name == "xlsx":
        from bench.filing import render_xlsx

        render_xlsx.render(document, target, lang, render_xlsx.Extra(material, material.library))
    else:
        from bench.filing import render_text

        render_text.write_markdown(document, target, lang)
