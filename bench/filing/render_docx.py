"""The dossier as DOCX that an office can edit: real styles, contents with pages, an East-Asian font, page numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import catalogue, files
from bench.filing import clean, drawing, fonts, groups, typeset, widths, word
from bench.filing.document import Block, Chart, Column, FilingDocument, Paragraph, Section, Table, Tone
from bench.types import Text

LATIN = "Arial"
EAST_ASIAN = "Microsoft YaHei"
COLOURS: dict[Tone, str] = {"good": "0B6B4F", "bad": "A61B1B", "unsure": "8A5A00", "muted": "5A6472"}
SHADES: dict[Tone, str] = {"good": "E3F3EC", "bad": "FBE6E6", "unsure": "FCF1DC"}
HEAD = "E9EDF2"
HEADING = "F5F7F9"
"""Grounds of the titles of columns, and of a heading over rows that belong together."""
STYLES = {"bullet": "List Bullet", "caution": "List Bullet", "heading": "Heading 2", "note": "Quote"}
SIZES = {"Normal": 10.5, "Title": 20, "Subtitle": 13, "Heading 1": 16, "Heading 2": 12.5, "List Bullet": 10.5,
         "toc 1": 10.5, "Quote": 9.5, "Caption": 9.5, "Header": 9, "Footer": 9}  # fmt: skip
INK = "1B2733"
PROPERTY = 200
"""Word takes at most 255 characters of a property."""


class Drawn(NamedTuple):
    """A chart as PNG, its width in millimetres, and its title for those who do not see it."""

    png: bytes
    width: float
    title: str


class Writer:
    """One DOCX in one language."""

    def __init__(
        self, document: FilingDocument, lang: str, pictures: Mapping[str, Sequence[Drawn]], template: Path | None = None
    ) -> None:
        self.kit = word.Kit()
        self.shared: Any = self.kit.shared
        self.document, self.lang, self.fresh = document, lang, False
        self.pictures, self.own = pictures, template is None
        self.out: Any = self.kit.open(template)
        self.kit.complete(self.out)

    def say(self, text: Text) -> str:
        """Return a text in this document's language, cleaned."""
        return clean.text(text.of(self.lang))

    def write(self, target: Path) -> None:
        """Write the file."""
        if self.own:
            self.styles()
        self.page(self.out.sections[0])
        self.cover()
        for number, section in enumerate(self.document.sections):
            self.chapter(section, number)
        properties = self.out.core_properties
        properties.title, properties.author = clean.flat(self.say(self.document.title), PROPERTY), "mingjian"
        properties.language = "zh-CN" if self.lang == "zh" else "en-GB"
        made = io.BytesIO()
        self.out.save(made)
        files.write(target, word.timeless(made.getvalue()))

    def chapter(self, section: Section, number: int) -> None:
        """Write a chapter; one with a wide table stands on landscape pages."""
        wide = any(isinstance(block, Table) and block.wide for block in section.blocks)
        if wide:
            self.page(self.out.add_section(self.kit.section.WD_SECTION.NEW_PAGE), landscape=True)
        heading = self.out.add_heading(self.say(section.title), 1)
        self.kit.bookmark(heading, number)
        heading.paragraph_format.page_break_before = not (wide or self.fresh)
        self.fresh = wide
        for place, block in enumerate(section.blocks):
            self.block(block)
            # A line between a heading and its table or figure stays with both.
            if isinstance(block, Paragraph) and place and is_heading(section.blocks[place - 1]):
                self.out.paragraphs[-1].paragraph_format.keep_with_next = True
        if wide:
            self.page(self.out.add_section(self.kit.section.WD_SECTION.NEW_PAGE))

    def styles(self) -> None:
        """Set fonts, sizes and colours of the styles that are used; East-Asian faces have their own attribute."""
        for name, size in SIZES.items():
            style = self.out.styles[name]
            style.font.name, style.font.size = LATIN, self.shared.Pt(size)
            style.font.color.rgb = self.shared.RGBColor.from_string(INK)
            style.font.italic = False
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(self.kit.ns.qn(f"w:{theme}"), None)
            fonts.set(self.kit.ns.qn("w:eastAsia"), EAST_ASIAN)
            tongue = self.kit.element("lang", val="en-GB", eastAsia="zh-CN")
            style.element.get_or_add_rPr().append(tongue)
        self.out.styles["Normal"].paragraph_format.space_after = self.shared.Pt(6)

    def page(self, section: Any, landscape: bool = False) -> None:
        """Make a section A4 with margins, running header and page numbers; a template keeps its own."""
        orient = self.kit.section.WD_ORIENT
        section.orientation = orient.LANDSCAPE if landscape else orient.PORTRAIT
        if self.own:
            mm = self.shared.Mm
            wide, high = (297, 210) if landscape else (210, 297)
            section.page_width, section.page_height = mm(wide), mm(high)
            section.left_margin = section.right_margin = mm(20)
            section.top_margin, section.bottom_margin = mm(24), mm(20)
        elif landscape == (section.page_width < section.page_height):
            section.page_width, section.page_height = section.page_height, section.page_width
        if self.own or not (said(section.header) or said(section.footer)):
            self.run_along(section)

    def run_along(self, section: Any) -> None:
        """Write the running header and the page numbers of a section."""
        section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
        header = section.header.paragraphs[0]
        header.text = clean.flat(self.say(self.document.header), 200) + "\t" + self.say(self.document.title)
        across = section.page_width - section.left_margin - section.right_margin
        self.kit.only_tab(header, across)
        if self.document.banner:
            self.colour(header.add_run("\n" + self.say(self.document.banner)), "bad")
        footer = section.footer.paragraphs[0]
        footer.text = ""
        footer.alignment = 1
        template = catalogue.text("filing.page", self.lang, page="\x00", pages="\x01")
        for part in template.replace("\x00", "|PAGE|").replace("\x01", "|NUMPAGES|").split("|"):
            if part in ("PAGE", "NUMPAGES"):
                self.kit.field(footer, part, "1")
            else:
                footer.add_run(part)

    def cover(self) -> None:
        """Write the first page, with the answer under the card, and the contents."""
        self.out.add_paragraph(self.say(self.document.title), style="Title")
        self.out.add_paragraph(self.say(self.document.subtitle), style="Subtitle")
        if self.document.banner:
            self.colour(self.out.add_paragraph().add_run(self.say(self.document.banner)), "bad")
        self.table(self.document.cover, caption=False)
        for index, paragraph in enumerate(self.document.lead):
            said = self.out.add_paragraph(self.say(paragraph.text), style=None if index < 2 else "List Bullet")
            said.runs[0].font.bold = True if index == 0 else None
        self.table(self.document.first, caption=False)
        for note in self.document.notes:
            self.block(note)
        self.contents()

    def contents(self) -> None:
        """Write the contents: a link to each chapter with its page, a field that every office program works out.

        No TOC field around them: LibreOffice would keep what it found in there. Word asks to fill in the pages when it
        opens the file.
        """
        head = self.out.add_paragraph(catalogue.text("filing.contents", self.lang), style="Subtitle")
        head.paragraph_format.keep_with_next = True
        for number, section in enumerate(self.document.sections):
            entry = self.out.add_paragraph(style="toc 1")
            entry.paragraph_format.tab_stops.add_tab_stop(self.shared.Mm(self.text_width()), 2, 1)
            entry.paragraph_format.keep_with_next = number < len(self.document.sections) - 1
            self.kit.entry(entry, self.say(section.title), number)
        self.kit.update_on_opening(self.out)

    def text_width(self, landscape: bool = False) -> float:
        """Return the width of the text in millimetres."""
        section = self.out.sections[-1]
        sides = (section.page_width, section.page_height)
        margins = section.left_margin + section.right_margin
        return float(self.shared.Length((max(sides) if landscape else min(sides)) - margins).mm)

    def block(self, block: Block) -> None:
        """Write one block."""
        if isinstance(block, Paragraph):
            paragraph = self.out.add_paragraph(self.say(block.text), style=STYLES.get(block.style))
            if block.style == "caution":
                self.colour(paragraph.runs[0], "unsure")
        elif isinstance(block, Chart):
            self.chart(block)
        else:
            self.table(block, caption=block.head or block.id.startswith("form."))

    def chart(self, chart: Chart) -> None:
        """Write a chart as a picture with its title above and its note below."""
        named = self.out.add_paragraph(self.say(chart.title), style="Caption")
        named.paragraph_format.keep_with_next = True
        for picture in self.pictures[chart.id]:
            shown = self.out.add_picture(
                io.BytesIO(picture.png), width=self.shared.Mm(min(picture.width, self.text_width()))
            )
            shown._inline.docPr.set("descr", picture.title)
            self.out.paragraphs[-1].paragraph_format.keep_with_next = chart.note is not None
        if chart.note is not None:
            self.out.add_paragraph(self.say(chart.note), style="Quote")

    def table(self, table: Table, caption: bool) -> None:
        """Write a table: caption above, head repeated on every page, rows that do not break."""
        if caption:
            named = self.out.add_paragraph(self.say(table.title), style="Caption")
            named.paragraph_format.keep_with_next = True
        known = any(style.name == "Table Grid" for style in self.out.styles)
        flat = groups.printed(table)
        grid = self.out.add_table(rows=0, cols=len(flat.columns), style="Table Grid" if known else None)
        grid.autofit = False
        self.kit.lighten(grid)
        wide = self.widths(flat)
        if table.head:
            cells = grid.add_row().cells
            self.kit.mark(grid.rows[0], "tblHeader")
            self.kit.mark(grid.rows[0], "cantSplit")
            for place, column in enumerate(flat.columns):
                self.cell(cells[place], self.say(column.title), column, "plain", HEAD)
            self.set_widths(cells, wide)
        for line in groups.lines(table):
            self.line(grid, line, flat.columns, wide)
        for place, width in enumerate(wide):
            grid.columns[place].width = width
        self.out.add_paragraph().paragraph_format.space_after = self.shared.Pt(2)

    def line(self, grid: Any, line: groups.Line, columns: Sequence[Column], wide: list[Any]) -> None:
        """Write one line of a table: a row, or a heading over the rows that follow, with which it stays."""
        made = grid.add_row()
        self.kit.mark(made, "cantSplit")
        cells = made.cells
        if line.heading is not None:
            whole = cells[0].merge(cells[-1])
            self.cell(whole, self.say(line.heading.text), Column(title=line.heading.text), "plain", HEADING)
            whole.paragraphs[0].paragraph_format.keep_with_next = True
            return
        for cell, value, column in zip(cells, line.cells, columns, strict=True):
            self.cell(cell, self.say(value.text), column, value.tone, SHADES.get(value.tone))
        self.set_widths(cells, wide)

    def set_widths(self, cells: Any, wide: list[Any]) -> None:
        """Set the width of each cell of a row; Word wants it there too."""
        for cell, width in zip(cells, wide, strict=True):
            cell.width = width

    def widths(self, table: Table) -> list[Any]:
        """Return the column widths: together they are the width of the text."""
        return [self.shared.Mm(width) for width in widths.columns(table, self.lang, self.text_width(table.wide))]

    def cell(self, cell: Any, text: str, column: Column, tone: Tone, shade: str | None) -> None:
        """Fill one cell."""
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = self.shared.Pt(2)
        paragraph.paragraph_format.space_after = self.shared.Pt(2)
        paragraph.alignment = {"left": 0, "center": 1, "right": 2}[column.align]
        run = paragraph.add_run(text)
        run.font.size = self.shared.Pt(9)
        run.font.bold = True if shade == HEAD else None
        self.colour(run, tone)
        if shade:
            self.kit.shade(cell, shade)

    def colour(self, run: Any, tone: Tone) -> None:
        """Colour a run by its tone."""
        if tone in COLOURS:
            run.font.color.rgb = self.shared.RGBColor.from_string(COLOURS[tone])


def is_heading(block: Block) -> bool:
    """Return whether a block is a sub-heading."""
    return isinstance(block, Paragraph) and block.style == "heading"


def said(part: Any) -> bool:
    """Return whether a header or footer says anything, or holds a picture."""
    return any(paragraph.text.strip() or paragraph._p.xpath(".//w:drawing") for paragraph in part.paragraphs) or bool(
        part.tables
    )


def render(
    document: FilingDocument, target: Path, lang: str, font: Path | None = None, template: Path | None = None
) -> None:
    """Write the document as DOCX in one language; charts need typst and a font, else EnvironmentFault.

    A `template` lends its styles, page, header and footer; UsageError if it cannot be used.
    """
    Writer(document, lang, pictures(document, lang, font), template).write(target)


def pictures(document: FilingDocument, lang: str, font: Path | None) -> dict[str, list[Drawn]]:
    """Return the charts as PNG by chart id; raises EnvironmentFault if the font lacks a sign of theirs."""
    charts = [block for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    if not charts:
        return {}
    face = fonts.load(font)
    found = {chart.id: drawing.pictures(chart, lang, face.family) for chart in charts}
    flat = [picture for shown in found.values() for picture in shown]
    fonts.require(face, [picture.svg for picture in flat])
    made = iter(typeset.rasterise(flat, face))
    return {name: [Drawn(next(made), picture.width, picture.title) for picture in shown]
            for name, shown in found.items()}  # fmt: skip
