"""Suites: YAML → `Suite`. Strict, data only; each fault is reported with file, line and key path."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import canonical, files, languages, resources, schema, sources, taxonomies, yaml
from bench.errors import ConfigError, Fault
from bench.sources import Entry
from bench.suitefile import ItemFile, SuiteFile, Turn, expand
from bench.types import Item, Language, Message, Suite

SUFFIX = ".yaml"
LONGEST_NAME = 96
"""Characters of an id, and of a wrong name as a message shows it."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
_KEY = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?suite["']?[ \t]*:""", re.MULTILINE)
_VERSION = re.compile(r"[0-9]+-[A-Z]+\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of a suite file, for editors."""
    return schema.json_schema(SuiteFile, "https://mingjian.dev/schema/suite-1.json")


def locate(name: str) -> list[Path]:
    """Return the suite files that `name` means: a path, a folder, a built-in name, or a group of built-in names."""
    if resources.is_path(name):
        path = Path(name)
        found = files_in(path)[0] if path.is_dir() else [path]
    elif exact := resources.find("suites", name):
        found = [exact]
    else:
        inner = [known for known in resources.names("suites") if known.startswith(name + ".")]
        found = [inside for known in inner if (inside := resources.find("suites", known)) is not None]
    if not found and Path(name).is_dir():
        found = files_in(Path(name))[0]
        if not found:
            raise ConfigError.of([Fault(key="suite.none_in_folder", file=name)])
    if not found:
        facts = {"name": name, **schema.nearest(name, resources.names("suites"), "mingjian suites list")}
        raise ConfigError.of([Fault(key="suite.unknown", facts=facts)])
    return found


def files_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the suite files below a folder, and its other YAML files: a suite has the key `suite` at its top level."""
    found: tuple[list[Path], list[Path]] = ([], [])
    for path in sorted(folder.rglob("*" + SUFFIX)):
        found[0 if _is_suite(path) else 1].append(path)
    return found


def _is_suite(path: Path) -> bool:
    try:
        return _KEY.search(files.read_bytes(path)) is not None
    except ConfigError:
        return True  # whoever loads it says what is wrong


def load(path: Path, *, scorers: Collection[str] | None = None, data: Path | None = None) -> Suite:
    """Return the suite of one file.

    `scorers` are the names that items may use (None: not checked); `data` is the folder for `source:` paths.
    Raises ConfigError that lists every fault found.
    """
    tree = yaml.load(path)
    written = schema.convert(tree, SuiteFile)
    reader = _Reader(tree, written, scorers)
    reader.check_header()
    reader.stop_if_faulty()
    for entry in _entries(tree, written, path, data):
        reader.take(entry)
    reader.require(bool(reader.items or reader.faults), ("items",), "suite.empty")
    reader.stop_if_faulty()
    return reader.suite(path)


def _entries(tree: yaml.Tree, written: SuiteFile, path: Path, data: Path | None) -> Iterable[Entry]:
    """Yield every item of a suite as written, with its place."""
    place = schema.fault_at(tree, ("items",), "file.outside")
    if isinstance(written.items, str):
        yield from sources.read_items(path.parent, written.items, ItemFile, place)
    elif written.items is not None:
        for index, item in enumerate(written.items):
            yield Entry(item, str(path), tree.line(("items", index)), f"items[{index}]")
    for index, template in enumerate(written.templates):
        yield from expand(tree, template, index)
    if written.source is not None:
        place = schema.fault_at(tree, ("source",), "file.outside")
        try:
            yield from sources.read(written.source, data or path.parent, ItemFile, place)
        except ConfigError as error:
            missing = any(one.key == "file.not_found" for one in error.faults)
            if not missing or written.suite not in resources.names("suites"):
                raise
            advice = Fault(key="data.not_fetched", facts={"name": written.suite, "folder": str(data or "DIR")})
            raise ConfigError.of([*error.faults, advice]) from error


class _Reader:
    """Turns written items into `Item`s and collects the faults."""

    def __init__(self, tree: yaml.Tree, written: SuiteFile, scorers: Collection[str] | None) -> None:
        self.tree = tree
        self.written = written
        self.scorers = scorers
        self.faults: list[Fault] = []
        self.items: list[Item] = []
        self.seen: dict[str, str] = {}
        """Id → where it was first seen."""

    def check_header(self) -> None:
        """Check what stands above the items."""
        written = self.written
        self.require(bool(_VERSION.match(written.version)), ("version",), "suite.version", value=written.version)
        self.require(bool(_DATE.match(written.updated)), ("updated",), "suite.date", value=written.updated)
        self.check_languages(written.languages)
        self.require(
            _ID.match(written.suite) is not None, ("suite",), "suite.bad_id", name=written.suite[:LONGEST_NAME]
        )
        if written.taxonomy is not None and written.taxonomy not in taxonomies.names():
            near = schema.nearest(written.taxonomy, taxonomies.names(), "mingjian taxonomies list")
            self.require(False, ("taxonomy",), "taxonomy.unknown", name=written.taxonomy, **near)
        empty = written.items is None and not written.templates and written.source is None
        self.require(not empty, (), "suite.empty")

    def check_languages(self, named: Sequence[Language]) -> None:
        """Check that there are languages, that each is a tag, and that none stands twice."""
        self.require(bool(named), ("languages",), "suite.no_languages")
        for index, lang in enumerate(named):
            sound = languages.is_tag(lang) and lang not in named[:index]
            self.require(sound, ("languages", index), "suite.bad_language", name=lang[:LONGEST_NAME])

    def require(self, holds: bool, path: yaml.Path_, key: str, **facts: object) -> None:
        if not holds:
            self.faults.append(schema.fault_at(self.tree, path, key, **facts))

    def stop_if_faulty(self) -> None:
        if self.faults:
            raise ConfigError.of(self.faults)

    def take(self, entry: Entry) -> None:
        """Check one written item and keep it as an `Item`."""
        before = len(self.faults)
        written: ItemFile = entry.value
        for check in (self.check_id, self.check_prompts, self.check_codes, self.check_scoring, self.check_choices):
            check(entry, written)
        if len(self.faults) == before:
            self.items.append(self.item(written))

    def fault(self, entry: Entry, key: str, inner: str, **facts: object) -> None:
        path = f"{entry.path}.{inner}" if entry.path else inner
        line = self.line(entry, inner)
        self.faults.append(Fault(key=key, facts=facts, file=entry.file, line=line, path=path))

    def line(self, entry: Entry, inner: str) -> int | None:
        """Return the line of a key of an inline item, else the entry's own line."""
        match = re.fullmatch(r"(items|templates)\[(\d+)\]", entry.path or "")
        if match is None:
            return entry.line
        return self.tree.line((match.group(1), int(match.group(2)), *inner.split(".")))

    def check_id(self, entry: Entry, item: ItemFile) -> None:
        if _ID.match(item.id) is None:
            self.fault(entry, "suite.bad_id", "id", name=item.id[:LONGEST_NAME])
        elif (first := self.seen.get(item.id)) is not None:
            self.fault(entry, "suite.duplicate_id", "id", name=item.id, first=first)
        self.seen.setdefault(item.id, f"{entry.file}:{entry.line}")

    def check_prompts(self, entry: Entry, item: ItemFile) -> None:
        """A group is complete: each of the suite's languages, no other, and no empty or system-less oddity."""
        for lang in self.written.languages:
            if lang not in item.prompt:
                self.fault(entry, "suite.missing_language", "prompt", name=item.id, lang=lang)
        for lang, prompt in item.prompt.items():
            if lang not in self.written.languages:
                self.fault(entry, "suite.extra_language", f"prompt.{lang}", lang=lang)
            elif not _says_something(prompt):
                self.fault(entry, "suite.empty_prompt", f"prompt.{lang}", name=item.id, lang=lang)
            elif not isinstance(prompt, str) and prompt[-1].role != "user":
                self.fault(entry, "suite.last_turn", f"prompt.{lang}", name=item.id)

    def check_codes(self, entry: Entry, item: ItemFile) -> None:
        codes = item.codes if item.codes is not None else self.written.defaults.codes
        if not codes:
            self.fault(entry, "suite.no_codes", "codes", name=item.id)
        for code in codes or ():
            qualified = taxonomies.qualify(code, self.written.taxonomy)
            if taxonomies.lookup(qualified) is None:
                self.fault(entry, "suite.unknown_code", "codes", name=qualified, **_near_code(qualified))

    def check_scoring(self, entry: Entry, item: ItemFile) -> None:
        names = _tuple(item.scorer or self.written.defaults.scorer)
        if not names:
            self.fault(entry, "suite.no_scorer", "scorer", name=item.id)
        if item.expect is None and self.written.defaults.expect is None:
            self.fault(entry, "suite.no_expect", "expect", name=item.id)
        for name in names:
            if self.scorers is not None and name not in self.scorers:
                self.fault(
                    entry,
                    "suite.unknown_scorer",
                    "scorer",
                    name=name,
                    **schema.nearest(name, self.scorers, "mingjian scorers list"),
                )

    def check_choices(self, entry: Entry, item: ItemFile) -> None:
        """Options come in every language, equally many; the answer is one of their letters."""
        if item.choices is None:
            if item.answer is not None:
                self.fault(entry, "suite.answer_without_choices", "answer", name=item.id)
            return
        counts = {len(item.choices.get(lang, ())) for lang in self.written.languages}
        if len(counts) != 1 or not 2 <= min(counts) <= 26:
            self.fault(entry, "suite.choices", "choices", name=item.id)
        elif item.answer is not None and letter_index(item.answer, min(counts)) is None:
            self.fault(entry, "suite.answer", "answer", name=item.id, value=item.answer)

    def item(self, written: ItemFile) -> Item:
        """Return the finished item; all checks have passed."""
        suite, defaults = self.written, self.written.defaults
        codes = written.codes if written.codes is not None else defaults.codes or ()
        expect = written.expect or defaults.expect
        assert expect is not None
        count = len(next(iter(written.choices.values()))) if written.choices else 0
        return Item(
            id=written.id,
            suite=suite.suite,
            dimension=suite.dimension,
            bank=suite.bank,
            codes=_qualified(codes, suite.taxonomy),
            expect=expect,
            prompts={lang: self.messages(written, lang) for lang in suite.languages},
            scorers=_tuple(written.scorer or defaults.scorer),
            form=written.form or defaults.form,
            choices=written.choices,
            answer=letter_index(written.answer, count) if written.answer else None,
            reference=_references(written.reference),
            rubric=written.rubric or defaults.rubric,
            twin=written.twin,
            template=written.template,
            provenance=written.provenance or defaults.provenance or "unknown",
            licence=written.licence,
            added=written.added or defaults.added,
            hazard=bool(written.hazard if written.hazard is not None else defaults.hazard),
            private=suite.private,
            metadata=written.metadata,
        )

    def messages(self, written: ItemFile, lang: str) -> tuple[Message, ...]:
        """Return the turns of one language, the system prompt first."""
        system = (written.system or self.written.defaults.system or {}).get(lang)
        prompt = written.prompt[lang]
        turns = (Message("user", prompt),) if isinstance(prompt, str) else _turns(prompt)
        return (Message("system", system), *turns) if system else turns

    def suite(self, path: Path) -> Suite:
        written = self.written
        return Suite(
            name=written.suite,
            title=written.title,
            version=written.version,
            dimension=written.dimension,
            languages=written.languages,
            items=tuple(self.items),
            digest=digest(self.items),
            licence=written.licence,
            updated=written.updated,
            bank=written.bank,
            taxonomy=written.taxonomy,
            private=written.private,
            external=written.source is not None,
            path=str(path),
        )


def digest(items: Iterable[Item]) -> str:
    """Return the suite digest: SHA-256 over the canonical JSON of all items in id order."""
    return canonical.digest_list(sorted(items, key=lambda item: item.id))


def letter_index(letter: str, count: int) -> int | None:
    """Return the index of an option letter (`A` → 0), or None if it names none of `count` options."""
    index = ord(letter) - ord("A") if len(letter) == 1 else -1
    return index if 0 <= index < count else None


def _turns(prompt: tuple[Turn, ...]) -> tuple[Message, ...]:
    return tuple(Message(turn.role, turn.content) for turn in prompt)


def _says_something(prompt: str | tuple[Turn, ...]) -> bool:
    texts = [prompt] if isinstance(prompt, str) else [turn.content for turn in prompt]
    return bool(texts) and all(text.strip() for text in texts)


@functools.lru_cache(maxsize=4096)
def _qualified(codes: tuple[str, ...], taxonomy: str | None) -> tuple[str, ...]:
    """Return qualified codes; items with equal codes share them."""
    return tuple(taxonomies.qualify(code, taxonomy) for code in codes)


@functools.lru_cache(maxsize=4096)
def _tuple(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _references(written: dict[str, str | tuple[str, ...]] | None) -> dict[str, tuple[str, ...]] | None:
    return {lang: _tuple(value) for lang, value in written.items()} if written else None


def _near_code(qualified: str) -> dict[str, object]:
    taxonomy, _, code = qualified.partition(":")
    if taxonomy not in taxonomies.names():
        return schema.nearest(taxonomy, taxonomies.names(), "mingjian taxonomies list")
    return schema.nearest(
        code, (known.code for known in taxonomies.load(taxonomy).codes), f"mingjian taxonomies show {taxonomy}"
    )


def load_named(
    names: Iterable[str], *, scorers: Collection[str] | None = None, data: Path | None = None
) -> list[Suite]:
    """Return the suites that `names` mean, each once, in order; raises ConfigError if two share a name."""
    suites: dict[str, Suite] = {}
    for name in names:
        for path in locate(name):
            suite = load(path, scorers=scorers, data=data)
            known = suites.setdefault(suite.name, suite)
            if known.path != suite.path:
                facts: dict[str, object] = {"name": suite.name, "first": known.path}
                raise ConfigError.of([Fault(key="suite.duplicate_name", facts=facts, file=str(path), line=1)])
    return list(suites.values())
