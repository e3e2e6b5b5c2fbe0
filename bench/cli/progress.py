"""Live progress: one line a dimension × language, with rate, time left and a tally of each status.

Without a terminal, or with CI or NO_COLOR set, there are no bars: one plain line every 10 seconds.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bench import catalogue
from bench.cli.output import clean
from bench.errors import AdapterError, RateLimited
from bench.types import Case, Item, Reply

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from bench.engine.plan import Plan
    from bench.engine.runner import Part

PLAIN_SECONDS = 10.0
SILENCE = 5.0
"""Seconds without a record, and of a pause, from which a pause is told: shorter ones are the endpoint's daily life."""
NOTHING = 30.0
"""Seconds without a record from which failing calls are told, and between two such lines."""
BAR = 24

Line = tuple[str, str]
"""Dimension and language."""


class Progress:
    """Counts records as they are written and shows the counts. A context manager; call it with each case and reply.

    `earlier` counts what an interrupted run has already, by line and status; the rate is that of this sitting.
    """

    def __init__(
        self,
        items: Iterable[Item],
        totals: Mapping[Line, int],
        lang: str,
        earlier: Mapping[tuple[Line, str], int] | None = None,
    ) -> None:
        self._dimensions = {(item.suite, item.id): item.dimension for item in items}
        self._totals = dict(totals)
        self._lang = lang
        self._done: Counter[Line] = Counter()
        self._statuses: Counter[str] = Counter()
        for (line, status), count in (earlier or {}).items():
            self._done[line] += count
            self._statuses[status] += count
        self._earlier = self._done.total()
        self._started = self._shown = self._heard = time.monotonic()
        """`_heard`: when a record came last, or failing calls were told."""
        self._recorded = self._resumes = float("-inf")
        """When a record came last, and when the pause ends that was told last."""
        self._why: AdapterError | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if wants_bars(os.environ, sys.stderr.isatty()):
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), refresh_per_second=4, get_renderable=self.render)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        else:
            print(self.line(), file=sys.stderr, flush=True)

    def __call__(self, case: Case, reply: Reply) -> None:
        self._done[self._dimensions[case.suite, case.item], case.lang] += 1
        self._statuses[reply.status] += 1
        now = self._recorded = self._resumes = self._heard = time.monotonic()
        self._why = None
        if self._live is None and now - self._shown >= PLAIN_SECONDS:
            self._shown = now
            print(self.line(), file=sys.stderr, flush=True)

    def waits(self, seconds: float, error: AdapterError) -> None:
        """Say why nothing comes while a failed call waits for its next try."""
        if isinstance(error, RateLimited):
            self._slowed(seconds)
        else:
            self._failed(error)

    def _slowed(self, seconds: float) -> None:
        """Say, once a pause, that the endpoint asks to slow down, and when it is tried again."""
        now = time.monotonic()
        if seconds < SILENCE or now < self._resumes or now - self._recorded < SILENCE:
            return
        self._resumes, self._heard = now + seconds, now
        if self._live is None:
            print(self.pause(seconds), file=sys.stderr, flush=True)

    def _failed(self, error: AdapterError) -> None:
        """Say, twice a minute, what goes wrong with the calls of which none became a record."""
        now = time.monotonic()
        if now - self._heard < NOTHING:
            return
        self._heard, self._why = now, error
        if self._live is None:
            print(self.failing(error), file=sys.stderr, flush=True)

    def failing(self, error: AdapterError) -> str:
        """Return what goes wrong."""
        why = clean(catalogue.explain(error, self._lang))
        return catalogue.text("cli.failing", self._lang, seconds=round(NOTHING), why=why)

    def pause(self, seconds: float) -> str:
        """Return why nothing comes."""
        return catalogue.text("cli.slowed", self._lang, seconds=round(seconds))

    @property
    def tally(self) -> str:
        """Return the count of each status seen, in words."""
        shown = [f"{self.word('report.status.' + name)} {count}" for name, count in self._statuses.most_common()]
        return " · ".join(shown)

    def word(self, key: str) -> str:
        return catalogue.text(key, self._lang)

    def rate(self) -> tuple[float, float | None]:
        """Return records a second, and the seconds left at that rate."""
        done, planned = self._done.total(), sum(self._totals.values())
        asked = done - self._earlier
        rate = asked / max(1e-9, time.monotonic() - self._started)
        return rate, (planned - done) / rate if asked else None

    def line(self) -> str:
        """Return one plain line for logs."""
        rate, left = self.rate()
        facts = {"done": self._done.total(), "planned": sum(self._totals.values()), "rate": f"{rate:.1f}"}
        shown = catalogue.text("cli.progress", self._lang, left=duration(left), **facts)
        return f"{shown} {self.tally}".rstrip()

    def render(self) -> Table:
        """Return the live display."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        for (dimension, lang), total in self._totals.items():
            done = self._done[dimension, lang]
            name = f"{self.word('report.dimension.' + dimension)} {lang}"
            table.add_row(Text(name), Text(bar(done, total)), Text(f"{done}/{total}"))
        table.add_row(Text(self.line()))
        left = self._resumes - time.monotonic()
        if left > 0:
            table.add_row(Text(self.pause(left)))
        if self._why is not None:
            table.add_row(Text(self.failing(self._why)))
        return table


def tallied(
    made: Plan, statuses: Mapping[int, str], retry_errors: bool, part: Part | None = None
) -> tuple[Counter[Line], Counter[tuple[Line, str]]]:
    """Return the cases of a run, or of a part of it, by line, and what is finished already by line and status.

    Errors to be retried are not finished.
    """
    totals: Counter[Line] = Counter()
    earlier: Counter[tuple[Line, str]] = Counter()
    if not statuses and part is None:
        return Counter(made.sizes()), earlier
    for index, slot in enumerate(made.slots()):
        if part is not None and not part.holds(index):
            continue
        line = str(slot.item.dimension), slot.lang
        totals[line] += 1
        status = statuses.get(index)
        if status is not None and not (retry_errors and status == "error"):
            earlier[line, status] += 1
    return totals, earlier


def wants_bars(environ: Mapping[str, str], terminal: bool) -> bool:
    """Return whether to draw: only on a terminal that is not a CI log and may use colour."""
    return terminal and not environ.get("CI") and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def bar(done: int, total: int) -> str:
    """Return a text bar."""
    filled = BAR * done // total if total else BAR
    return "█" * filled + "░" * (BAR - filled)


def duration(seconds: float | None) -> str:
    """Return a time span as m:ss or h:mm:ss."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
