"""What Word's format needs beyond python-docx: fields, bookmarks, rules of tables, and an organisation's template."""

from __future__ import annotations

import importlib
import io
import zipfile
from pathlib import Path
from typing import Any

from bench.errors import EnvironmentFault, UsageError

LARGEST = 50_000_000
"""Bytes of a template once unpacked."""
RULE = "C9D1DA"
BASE = "Normal"
STYLES = ("Title", "Subtitle", "Heading 1", "Heading 2", "List Bullet", "Quote", "Caption", "toc 1")
"""Styles that the dossier uses; where a template lacks one it is made, like its plain text."""


def timeless(made: bytes) -> bytes:
    """Return a ZIP archive whose members have no time, so that the same dossier is the same bytes."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(found, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return found.getvalue()


class Kit:
    """The modules of python-docx; raises EnvironmentFault where it is not installed."""

    def __init__(self) -> None:
        try:
            self.docx: Any = importlib.import_module("docx")
            self.shared: Any = importlib.import_module("docx.shared")
            self.oxml: Any = importlib.import_module("docx.oxml")
            self.ns: Any = importlib.import_module("docx.oxml.ns")
            self.section: Any = importlib.import_module("docx.enum.section")
            self.style: Any = importlib.import_module("docx.enum.style")
            self.text: Any = importlib.import_module("docx.enum.text")
        except ImportError as error:
            raise EnvironmentFault("filing.package", name="python-docx") from error

    def open(self, template: Path | None) -> Any:
        """Return an empty document, with the styles, page, header and footer of a template if there is one."""
        if template is None:
            return self.docx.Document()
        check(template)
        try:
            made = self.docx.Document(str(template))
        except Exception as error:  # a damaged package raises whatever its reader raises
            raise UsageError("filing.template", name=template.name, why=type(error).__name__) from error
        body = made.element.body
        for child in list(body):
            if child is not body.sectPr:
                body.remove(child)
        return made

    def element(self, tag: str, /, **attributes: str) -> Any:
        """Return an element of Word's namespace with attributes of the same."""
        made = self.oxml.OxmlElement(f"w:{tag}")
        for key, value in attributes.items():
            made.set(self.ns.qn(f"w:{key}"), value)
        return made

    def complete(self, out: Any) -> None:
        """Add the styles that a template lacks."""
        known = {style.name for style in out.styles}
        for name in STYLES:
            if name not in known:
                made = out.styles.add_style(name, self.style.WD_STYLE_TYPE.PARAGRAPH, builtin=True)
                made.base_style = out.styles[BASE] if BASE in known else None

    def field(self, paragraph: Any, code: str, shown: str) -> None:
        """Add a field with what it shows until it is updated."""
        self.begin(paragraph, code)
        paragraph.add_run(shown)
        self.end(paragraph)

    def begin(self, paragraph: Any, code: str) -> None:
        """Open a field: what follows, up to its end, is what it shows."""
        paragraph.add_run()._r.append(self.element("fldChar", fldCharType="begin"))
        instruction = self.element("instrText")
        instruction.set(self.ns.qn("xml:space"), "preserve")
        instruction.text = f" {code} "
        paragraph.add_run()._r.append(instruction)
        paragraph.add_run()._r.append(self.element("fldChar", fldCharType="separate"))

    def end(self, paragraph: Any) -> None:
        """Close a field."""
        paragraph.add_run()._r.append(self.element("fldChar", fldCharType="end"))

    def only_tab(self, paragraph: Any, place: Any) -> None:
        """Give a paragraph one tab stop, on the right; those that its style hands down are cleared."""
        stops = paragraph.paragraph_format.tab_stops
        stops.clear_all()
        for inherited in paragraph.style.paragraph_format.tab_stops:
            stops.add_tab_stop(inherited.position, self.text.WD_TAB_ALIGNMENT.CLEAR)
        stops.add_tab_stop(place, self.text.WD_TAB_ALIGNMENT.RIGHT)

    def update_on_opening(self, out: Any) -> None:
        """Have Word ask to fill in the fields when it opens the file; the schema has a place for the wish."""
        after = ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids")
        settings = out.settings.element
        for old in settings.findall(self.ns.qn("w:updateFields")):
            settings.remove(old)
        wish = self.element("updateFields", val="true")
        following = (settings.find(self.ns.qn(f"w:{name}")) for name in after)
        first = next((one for one in following if one is not None), None)
        if first is None:
            settings.append(wish)
        else:
            first.addprevious(wish)

    def bookmark(self, paragraph: Any, number: int) -> None:
        """Give a paragraph a name that contents can point at."""
        paragraph._p.insert(1, self.element("bookmarkStart", id=str(number), name=place(number)))
        paragraph._p.append(self.element("bookmarkEnd", id=str(number)))

    def entry(self, paragraph: Any, title: str, number: int) -> None:
        """Write one line of the contents: a link with the title, a tab, the page."""
        link = self.element("hyperlink", anchor=place(number), history="1")
        for run in (paragraph.add_run(title), paragraph.add_run("\t")):
            link.append(run._r)
        before = len(paragraph._p)
        self.field(paragraph, f"PAGEREF {place(number)} \\h", "–")
        for child in list(paragraph._p)[before:]:
            link.append(child)
        paragraph._p.append(link)

    def lighten(self, grid: Any) -> None:
        """Give a table light rules and narrow side margins."""
        borders = self.element("tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            borders.append(self.element(side, val="single", sz="4", space="0", color=RULE))
        margins = self.element("tblCellMar")
        for side in ("left", "right"):
            margins.append(self.element(side, w="60", type="dxa"))
        layout = grid._tbl.tblPr.find(self.ns.qn("w:tblLayout"))
        layout.addprevious(borders)
        layout.addnext(margins)

    def shade(self, cell: Any, colour: str) -> None:
        """Fill the ground of a cell."""
        cell._tc.get_or_add_tcPr().append(self.element("shd", val="clear", fill=colour))

    def mark(self, row: Any, name: str) -> None:
        """Mark a row: `tblHeader` repeats it on every page, `cantSplit` keeps it on one."""
        row._tr.get_or_add_trPr().append(self.element(name))


def place(number: int) -> str:
    """Return the name of a bookmark."""
    return f"_Toc{1000 + number}"


def check(template: Path) -> None:
    """Raise UsageError for a template that is missing, no Word document, too large, or that carries macros."""
    if not template.is_file():
        raise UsageError("filing.template_missing", name=str(template))
    try:
        with zipfile.ZipFile(template) as package:
            names = package.namelist()
            size = sum(info.file_size for info in package.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise UsageError("filing.template", name=template.name, why=str(error)) from error
    if size > LARGEST:
        raise UsageError("filing.template_large", name=template.name, most=LARGEST // 1_000_000)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UsageError("filing.template_macros", name=template.name)
