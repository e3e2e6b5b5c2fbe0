"""Captured answers instead of a model: an earlier run's journal, or a JSON-lines or CSV file of answers.

An answer is found by item, language, variant and epoch. A captured one has `item` (or `id`), `lang` and `text` (or
`reply`), optionally `suite`, `variant`, `epoch`, `status`; without `variant` it is one to the plain question, and never
stands for a variant. A case without an answer becomes an `error` record.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bench import catalogue, files, strict
from bench.adapters import _local
from bench.errors import ConfigError, Fault
from bench.silence import says_nothing
from bench.types import Case, Model, Reply, Status
from bench.variants.names import PLAIN

Key = tuple[str | None, str, str | None, str, int]
"""Suite, item, language, variant and epoch of what an answer is for."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One captured answer."""

    text: str | None = None
    reply: str | Reply | None = None
    item: str | None = None
    id: str | None = None
    lang: str | None = None
    suite: str | None = None
    variant: str = PLAIN
    epoch: int = 0
    status: Status | None = None
    reasoning: str | None = None
    finish: str | None = None
    case: Case | None = None

    def content(self) -> Reply:
        """Return the answer as a reply; an empty text is `empty`, not an answer."""
        if isinstance(self.reply, Reply):
            return msgspec.structs.replace(self.reply, attempts=1)
        text = self.text if self.text is not None else self.reply or ""
        status: Status = self.status or ("empty" if says_nothing(text) else "answered")
        return Reply(status=status, text=text, reasoning=self.reasoning, finish=self.finish, ms=0)

    def says_nothing_of_a_reply(self) -> bool:
        """Return whether there is neither a text nor a status."""
        return self.text is None and self.reply is None and self.status is None

    def key(self) -> Key:
        """Return what the answer is for; raises ValueError if it names no item."""
        if self.case is not None:
            return self.case.suite, self.case.item, self.case.lang, self.case.variant, self.case.epoch
        name = self.item or self.id
        if name is None:
            raise ValueError("no item")
        return self.suite, name, self.lang, self.variant, self.epoch


class ReplayAdapter:
    """A model that only knows what was captured."""

    max_in_flight = 64

    def __init__(self, model: Model) -> None:
        _local.options(model, _local.NoOptions)
        if model.path is None:
            raise ConfigError.of([Fault(key="model.needs_path", facts={"adapter": "replay"})])
        path = Path(model.path)
        self._path = path / "records.jsonl" if path.is_dir() else path
        self._answers = collect(self._path)
        digest = files.digest_file(self._path)
        self._identity = {"adapter": "replay", "model": model.model, "sha256": digest}

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._identity

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def check(self, cases: Iterable[Case]) -> None:
        """Raise ConfigError if no answer fits any of the cases that are to be asked."""
        asked: Case | None = None
        for asked in cases:
            if self.find(asked) is not None:
                return
        if asked is not None:
            facts: dict[str, object] = {"count": len(self._answers), "suite": asked.suite, "item": asked.item}
            raise ConfigError.of([Fault(key="replay.no_fit", facts=facts, file=str(self._path))])

    async def generate(self, case: Case) -> Reply:
        """Return the captured answer to a case; a case without one is an error."""
        found = self.find(case)
        if found is not None:
            return found
        asked = case.lang if case.variant == PLAIN else f"{case.lang}, {case.variant}"
        facts = {"item": case.item, "lang": asked, "file": str(self._path)}
        return Reply(status="error", detail=catalogue.text("error.replay.no_answer", "en", **facts), ms=0)

    def find(self, case: Case) -> Reply | None:
        """Return the captured answer to a case, or None."""
        for suite in (case.suite, None):
            for lang in (case.lang, None):
                found = self._answers.get((suite, case.item, lang, case.variant, case.epoch))
                if found is not None:
                    return found
        return None


def collect(path: Path) -> dict[Key, Reply]:
    """Return the captured answers by what they are for.

    Raises ConfigError for one that names no item, and for two that answer the same question. In a journal a later line
    replaces an earlier one, as a retried error does.
    """
    answers: dict[Key, Reply] = {}
    lines: dict[Key, int] = {}
    for number, answer in read(path):
        try:
            key = answer.key()
        except ValueError as error:
            raise ConfigError.of([Fault(key="replay.no_item", file=str(path), line=number)]) from error
        first = lines.setdefault(key, number)
        if first != number and answer.case is None:
            facts: dict[str, object] = {"item": key[1], "first": first}
            raise ConfigError.of([Fault(key="replay.twice", facts=facts, file=str(path), line=number)])
        answers[key] = answer.content()
    return answers


def read(path: Path) -> Iterator[tuple[int, Answer]]:
    """Yield each captured answer with its line; raises ConfigError with the line of the first bad one."""
    rows: Iterator[tuple[int, Answer]]
    rows = _read_csv(path) if path.suffix.lower() == ".csv" else _read_lines(path)
    yield from rows


def _read_lines(path: Path) -> Iterator[tuple[int, Answer]]:
    decoder = msgspec.json.Decoder(Answer)
    data = files.read_bytes(path, limit=4 << 30).removeprefix(codecs.BOM_UTF8)
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                found = decoder.decode(line)
                if found.case is None:  # not a journal's line, which is our own
                    found = strict.decode(decoder, line)
            except strict.UNREADABLE as error:
                raise ConfigError.of([files.line_fault(error, path, number)]) from error
            if found.says_nothing_of_a_reply() and not any(name in line for name in (b'"text"', b'"reply"')):
                raise ConfigError.of([Fault(key="replay.no_text", file=str(path), line=number)])
            yield number, found


def _read_csv(path: Path) -> Iterator[tuple[int, Answer]]:
    text = files.decode_text(files.read_bytes(path, limit=1 << 30), path)
    table = csv.DictReader(io.StringIO(text))
    if not {"text", "reply", "status"} & {*(table.fieldnames or ())}:
        raise ConfigError.of([Fault(key="replay.no_text", file=str(path), line=1)])
    for number, row in enumerate(table, 2):
        try:
            yield number, msgspec.convert({name: cell for name, cell in row.items() if cell}, Answer, strict=False)
        except msgspec.MsgspecError as error:
            raise ConfigError.of([files.line_fault(error, path, number)]) from error
