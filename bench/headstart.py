"""Scoring the beginning of a new run while the rest of it is still being asked.

Only scorers that say of themselves that they are `quick` take part: they work in the pauses of the event loop, and must
not keep replies waiting. What is written in the end is what scoring everything afterwards would have written: the same
blocks in the same order, from the same records, read from the journal.
"""

from __future__ import annotations

import asyncio
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from bench import canonical, plugins, scoring, strict
from bench.engine.journal import RECORDS_FILE
from bench.engine.plan import Plan
from bench.errors import MingjianError
from bench.scoring import Group
from bench.types import Record

WORTH = 4_000
"""Cases from which on it pays: fewer are scored in a moment afterwards, and the looking costs more than it saves."""
LINES = 256
"""Lines of the journal that are read at once."""
WAIT = 0.02
"""Seconds between two looks at least: each costs as much as ten records."""
SHARE = 3
"""After each piece of work it rests so many times as long: it takes a quarter of the time at most."""
PIECE = 1 << 16
EARLY = 50_000
"""Records that may wait for one before them; with more, what is left is scored afterwards."""


class HeadStart:
    """Follows a new journal, and scores what is whole, in plan order, into a nameless file beside it.

    `cases` counts the leading cases of the plan whose scores `lines` yields.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.cases = 0
        self._plan = plan
        self._folder = folder
        self._items = iter(plan.items)
        self._decode = msgspec.json.Decoder(Record).decode
        self._read = self._next = self._size = 0
        self._scored: IO[bytes] | None = None
        self._early: dict[int, int] = {}
        self._records: list[Record] = []
        self._block: list[Group] = []

    async def follow(self) -> None:
        """Keep up with the journal until cancelled. Whatever stands in the way is left to the scoring afterwards."""
        clock = asyncio.get_running_loop().time
        try:
            if not await asyncio.to_thread(self._prepare):
                return
            while len(self._early) < EARLY:
                started = clock()
                self.advance()
                await asyncio.sleep(max(WAIT, SHARE * (clock() - started)))
        except (OSError, *strict.UNREADABLE, MingjianError):
            return
        finally:
            self._early, self._records, self._block = {}, [], []

    def _prepare(self) -> bool:
        """Make the scorers ready for so many records, if all are quick; what they load and compile may take seconds."""
        if not all(map(plugins.is_quick, {name for item in self._plan.items for name in item.scorers})):
            return False
        self._scorers = scoring.make_scorers(self._folder, self._plan, {})
        for scorer in self._scorers.values():
            expect = getattr(scorer, "expect", None)
            if expect is not None:
                expect(self._plan.info.cases)
        return True

    def advance(self) -> bool:
        """Read some new lines and score what became a whole block; return whether there was anything to do."""
        read, cases, path = self._read, self.cases, self._folder / RECORDS_FILE
        if not path.exists():
            return False
        with path.open("rb") as journal:
            journal.seek(read)
            for _ in range(LINES):
                line = journal.readline()
                if self.cases > cases or not line.endswith(b"\n"):
                    break
                self._arrive(self._decode(line))
                self._read += len(line)
            while self.cases == cases and self._next in self._early:
                journal.seek(self._early.pop(self._next))
                self._take(self._decode(journal.readline()))
        return self._read > read or self.cases > cases

    def _arrive(self, record: Record) -> None:
        """Take a record if it is its turn, else remember where it stands."""
        if record.i == self._next:
            self._take(record)
        else:
            self._early[record.i] = self._read

    def _take(self, record: Record) -> None:
        """Add the next record in plan order; the first one of another item says that the item before is whole."""
        self._next += 1
        if self._records and scoring.asked(self._records[0]) != scoring.asked(record):
            item = scoring.seek(self._items, scoring.asked(self._records[0]))
            self._close(Group(item, tuple(self._records)))
            self._records = []
        self._records.append(record)

    def _close(self, group: Group) -> None:
        """Add a whole item; the first one that is not compared with those before says that a full block is whole."""
        if len(self._block) >= scoring.QUICK_BLOCK and scoring.kin(group) != scoring.kin(self._block[-1]):
            self._score()
            self._block = []
        self._block.append(group)

    def _score(self) -> None:
        lines = b"".join(canonical.encode(one) + b"\n" for one in scoring.score_groups(self._block, self._scorers))
        if self._scored is None:
            self._scored = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with its owner
            weakref.finalize(self, self._scored.close)
        self._scored.write(lines)
        self._size += len(lines)
        self.cases += sum(len(group.records) for group in self._block)

    def lines(self) -> Iterator[bytes]:
        """Yield the scores of the first `cases` cases, in pieces."""
        if self._scored is not None:
            self._scored.seek(0)
            for start in range(0, self._size, PIECE):
                yield self._scored.read(min(PIECE, self._size - start))
