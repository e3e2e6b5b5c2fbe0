"""The report as one HTML file: no network, a strict CSP, both languages, readable without scripts."""

from __future__ import annotations

import base64
import functools
import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup

from bench import cache, files
from bench.report import changes, comparison, figures, payload, trust, view, words
from bench.report.document import Document, repeated
from bench.report.findings import LEVEL, chance, percent, significant
from bench.report.glyphs import visible
from bench.summary import ALL, SMALL

POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class HtmlRenderer:
    """Writes `report.html`."""

    suffix = ".html"

    def render(self, document: Document, target: Path) -> None:
        """Write the document as one self-contained page."""
        files.write(target, render(document).encode())


def render(document: Document) -> str:
    """Return the page of a document; the same document gives the same page."""
    style, script = asset("report.css"), asset("report.js")
    page = environment().get_template("report.html.j2")
    return page.render(
        document=document,
        view=view.View(document),
        changes=changes.Changes(document),
        payload=payload.pack(document),
        policy=POLICY.format(script=source(script), style=source(style)),
        style=Markup(style),
        script=Markup(script),
        entries=trust.index(document.calibration),
        repeated=repeated(document),
    )


def folder() -> Path:
    """Return the folder of templates, style sheet and script."""
    return Path(__file__).resolve().parent / "templates"


def asset(name: str) -> str:
    """Return the style sheet or the script: our own text, which is trusted as mark-up."""
    return (folder() / name).read_text(encoding="utf-8")


def source(text: str) -> str:
    """Return the CSP source that allows exactly this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class Compiled(BytecodeCache):
    """Templates compiled by an earlier process; the digest of the source, and Jinja's own mark, are checked as well."""

    def load_bytecode(self, bucket: Bucket) -> None:
        data = cache.read(self.place(bucket))
        if data is not None:
            bucket.bytecode_from_string(data)

    def dump_bytecode(self, bucket: Bucket) -> None:
        cache.keep(self.place(bucket), bucket.bytecode_to_string())

    def place(self, bucket: Bucket) -> Path:
        """Return the file of a template."""
        return cache.place("templates", (version("jinja2"), sys.version, bucket.key, bucket.checksum))


@functools.cache
def environment(*others: Path) -> Environment:
    """Return the template environment: everything is escaped, hidden characters are shown, no name may be missing.

    `others` are further folders of templates. Nothing is computed while a template is compiled (`optimized`, and a
    `finalize` that wants the context), so that what is kept depends on its source alone.
    """
    made = Environment(
        loader=FileSystemLoader([folder(), *others]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
        optimized=False,
        bytecode_cache=Compiled(),
    )
    made.filters.update(
        both=words.both,
        percent=percent,
        signed=figures.signed,
        small=figures.small,
        left_out=figures.left_out,
        quoted=figures.quoted,
        records=figures.records,
        attributes=words.attributes,
        chance=chance,
        significant=significant,
    )
    made.globals.update(say=words.say, text=words.text, named=words.named, known=words.known, why=figures.why)
    made.globals.update(span=comparison.span, trust=trust)
    made.globals.update(ALL=ALL, SMALL=SMALL, FAILED=payload.FAILED, LEVEL=LEVEL, OPEN=changes.OPEN)
    return made


@pass_context
def shown(context: Context, value: object) -> object:
    """Return a value as the template prints it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
