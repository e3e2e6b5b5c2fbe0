"""Scorers in bulk: lines of prompts and replies → lines of opinions, in blocks, over several processes."""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from bench import canonical, files, languages, plugins, reasons, scoring, strict
from bench.errors import ConfigError, Fault, UsageError
from bench.protocols import BulkScorer, Judgement, Scorer
from bench.types import Case, Item, Language, Message, Record, Reply, Sampling, Score, Value

BLOCK = 2048
"""Lines that are scored at once."""
EARLY = 8
"""Blocks that are read before processes are started: from them a scorer learns how much is to come."""
RARELY = 100_000
"""New objects between two rounds of the garbage collector in a process that scores blocks."""
MOST_FAULTS = 100
"""Bad lines that are named before the rest of a file is left unread."""
SAMPLING = Sampling()


class Line(Value, frozen=True):
    """One line of input; other fields are ignored. `label` is what a person said, where a person did."""

    reply: str
    prompt: str = ""
    lang: Language | None = None
    id: str | int | None = None
    label: str | int | bool | None = None


class Opinion(Value, frozen=True, omit_defaults=True):
    """One line of output: what the scorer says of the reply of the same id (without an id: the line number).

    `group` stands only in lines that have one.
    """

    id: str | int
    label: str | None
    value: int | float | None
    confidence: int | float | None
    reason: str | None
    group: str | None = None


class Job(NamedTuple):
    """What to do with a file: which scorer with which options, and the language of lines that name none."""

    scorer: str
    file: Path
    options: str = "{}"
    """JSON, so that a job can be sent to another process and its scorer kept there."""
    lang: Language | None = None


class Block(NamedTuple):
    """Some lines of a file, from the line number `first`."""

    job: Job
    first: int
    lines: list[bytes]


class Answer(NamedTuple):
    """The output of a block, its number of lines, why some got no opinion, and the lines that could not be read."""

    data: bytes
    lines: int
    silent: Counter[str]
    faults: list[Fault]


class Applied(NamedTuple):
    """How many lines a scorer was applied to, and how many got no opinion, by reason."""

    lines: int
    silent: Counter[str]


@functools.cache
def scorer_of(name: str, options: str = "{}") -> Scorer:
    """Return the scorer with options given as a JSON object; raises ConfigError for an unknown name or option."""
    try:
        found = msgspec.json.decode(options, type=dict[str, Any])
    except strict.UNREADABLE as error:
        raise ConfigError("scoring.options", why=str(error)) from error
    return plugins.scorer(name, found)


def check(job: Job) -> None:
    """Raise UsageError if a job's scorer has no opinion on bare replies, or its language is none; ConfigError too."""
    if getattr(scorer_of(job.scorer, job.options), "needs_item", False):
        raise UsageError("scoring.needs_item", name=job.scorer)
    if job.lang is not None and not languages.is_tag(job.lang):
        raise UsageError("scoring.language", name=job.lang)


def language(line: Line, job: Job) -> Language:
    """Return the language of a line: its own, else the job's, else the one that its script tells."""
    named = line.lang or job.lang
    return languages.normal(named) if named else languages.of_text(line.reply)


def read(block: Block) -> tuple[list[tuple[int, Line]], list[Fault]]:
    """Return the lines of a block with their numbers, and a fault for each that cannot be read; blank ones are none."""
    try:
        lines = [strict.flat(raw, Line) for raw in block.lines]
    except strict.UNREADABLE:
        return read_each(block)
    if all(map(languages.is_tag, {line.lang for line in lines if line.lang})):
        return list(enumerate(lines, block.first)), []
    return read_each(block)


def read_each(block: Block) -> tuple[list[tuple[int, Line]], list[Fault]]:
    """Do what `read` does, line by line: some line may be blank, or wrong."""
    decoder, found, faults = msgspec.json.Decoder(Line), [], []
    for number, raw in enumerate(block.lines, block.first):
        if not raw.strip():
            continue
        try:
            line = strict.decode(decoder, raw.removeprefix(b"\xef\xbb\xbf"))
            if line.lang and not languages.is_tag(line.lang):
                raise ValueError(f"lang {line.lang!r}")
        except (UnicodeDecodeError, strict.RepeatedKeyError) as error:
            faults.append(files.line_fault(error, block.job.file, number))
        except strict.UNREADABLE as error:
            faults.append(Fault(key="scoring.line", facts={"why": str(error)}, file=str(block.job.file), line=number))
        else:
            found.append((number, line))
    return found, faults


def group_of(line: Line, number: int, job: Job) -> scoring.Group:
    """Return a line as the item and record that scorers know."""
    lang = language(line, job)
    messages = (Message("user", line.prompt),)
    name = str(number)
    item = Item(
        id=name, suite="bulk", dimension="risk", codes=(), expect="safe", prompts={lang: messages},
        scorers=(job.scorer,),
    )  # fmt: skip
    case = Case(key=name, suite="bulk", item=name, lang=lang, messages=messages, parameters=SAMPLING)
    return scoring.Group(item, (Record(i=number, case=case, reply=Reply(status="answered", text=line.reply), prev=""),))


def score_lines(lines: Sequence[tuple[int, Line]], job: Job) -> list[Score]:
    """Return the scorer's score of each line; a scorer of pairs or groups has none for a single reply."""
    groups = [group_of(line, number, job) for number, line in lines]
    found = scoring.score_block(job.scorer, scorer_of(job.scorer, job.options), groups)
    missing = [Score(item=group.item.id, suite="bulk", records=(), reason="no_score") for group in groups]
    return [(found.get(place) or [nothing])[0] for place, nothing in enumerate(missing)]


def judge_lines(lines: Sequence[tuple[int, Line]], job: Job) -> list[Judgement]:
    """Return what the scorer says of each line: of the bare reply if it can judge those, else of an item made of it."""
    scorer = scorer_of(job.scorer, job.options)
    if isinstance(scorer, BulkScorer):
        langs = [language(line, job) for _, line in lines]
        with contextlib.suppress(Exception):  # one bad reply must not take the others with it
            return scorer.judge_replies([line.reply for _, line in lines], [line.prompt for _, line in lines], langs)
    return [judgement(one) for one in score_lines(lines, job)]


def judgement(score: Score) -> Judgement:
    """Return what a score says of a bare reply."""
    group = (score.evidence or {}).get("group")
    return Judgement(score.label, score.value, score.confidence, score.reason, group)


def answer(block: Block) -> Answer:
    """Return the opinions on a block of lines as JSON lines."""
    lines, faults = read(block)
    opinions = [
        Opinion(number if line.id is None else line.id, *said)
        for (number, line), said in zip(lines, judge_lines(lines, block.job), strict=True)
    ]
    silent = Counter(reasons.short(one.reason) for one in opinions if one.value is None)
    return Answer(canonical.encode_lines(opinions), len(opinions), silent, faults)


def blocks(job: Job) -> Iterator[Block]:
    """Yield a file in blocks of lines; raises ConfigError if it cannot be opened."""
    with opened(job) as handle:
        yield from cut(job, handle)


def opened(job: Job) -> BinaryIO:
    """Return the file of a job, opened; raises ConfigError."""
    if not job.file.is_file():
        raise ConfigError.of([Fault(key="file.missing", file=str(job.file))])
    try:
        return job.file.open("rb")
    except OSError as error:
        raise ConfigError.of([Fault(key="file.unreadable", facts={"why": str(error)}, file=str(job.file))]) from error


def cut(job: Job, handle: BinaryIO) -> Iterator[Block]:
    """Yield the lines of an open file in blocks."""
    first = 1
    while lines := list(itertools.islice(handle, BLOCK)):
        yield Block(job, first, lines)
        first += len(lines)


def make_ready(head: Sequence[Block]) -> None:
    """Tell a scorer that asks for it (`expect`) how many lines are to come, at least."""
    job = head[0].job
    expect = getattr(scorer_of(job.scorer, job.options), "expect", None)
    if expect is not None:
        expect(sum(len(block.lines) for block in head))


def settle() -> None:
    """Take what a new process has inherited out of the garbage collector's rounds, and make these rare.

    In its short and uniform life nearly everything is freed without them.
    """
    gc.freeze()
    gc.set_threshold(RARELY)


def answers(found: Iterable[Block], workers: int) -> Iterator[Answer]:
    """Yield the answer of each block in order; several processes only where there are several blocks."""
    stream = iter(found)
    head = list(itertools.islice(stream, EARLY))
    if workers <= 1 or len(head) < 2:
        yield from map(answer, itertools.chain(head, stream))
        return
    make_ready(head)
    with ProcessPoolExecutor(workers, initializer=settle) as pool:
        waiting: deque[Future[Answer]] = deque()
        try:
            for block in itertools.chain(head, stream):
                waiting.append(pool.submit(answer, block))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def apply(
    job: Job, write: Callable[[bytes], object], workers: int | None = None, stream: BinaryIO | None = None
) -> Applied:
    """Write a scorer's opinion of every line of a file, or of an open stream, and return how many got one.

    Raises UsageError for a scorer that needs items; ConfigError naming the lines that cannot be read, after the
    opinions on the others are written, or saying that there is no line.
    """
    check(job)
    count, silent, faults = 0, Counter[str](), list[Fault]()
    for found in answers(cut(job, stream) if stream else blocks(job), workers or os.cpu_count() or 1):
        write(found.data)
        count += found.lines
        silent += found.silent
        faults.extend(found.faults)
        if len(faults) > MOST_FAULTS:
            raise ConfigError.of(shortened(faults, "scoring.more_unread"))
    if faults or not count:
        raise ConfigError.of(shortened(faults) or [Fault(key="scoring.no_lines", file=str(job.file))])
    return Applied(count, silent)


def shortened(faults: Sequence[Fault], key: str = "scoring.more_faults") -> list[Fault]:
    """Return the first faults, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return [*faults[:MOST_FAULTS], *([Fault(key=key, facts={"count": more})] if more > 0 else [])]


def labelled(job: Job) -> Iterator[tuple[Line, Score]]:
    """Yield every line of a labelled file with its score.

    Raises UsageError for a scorer that needs items, ConfigError naming all lines that are wrong.
    """
    check(job)
    faults: list[Fault] = []
    for block in blocks(job):
        lines, wrong = read(block)
        bare = [number for number, line in lines if line.label is None]
        faults += wrong + [Fault(key="scoring.no_label", file=str(job.file), line=number) for number in bare]
        if not faults:
            yield from zip((line for _, line in lines), score_lines(lines, job), strict=True)
    if faults:
        raise ConfigError.of(shortened(faults))
