"""A plan in parts: each shard asks every n-th case into its own journal, and `merge` makes one run of them.

DIR/run.json, items.jsonl, shards.json          the plan, as of any run
DIR/shards/00003-of-00032/shard.json            which part; its digest starts the shard's chain
DIR/shards/00003-of-00032/records.jsonl         the shard's journal
DIR/records.jsonl                               after `merge`: all records in plan order, chained from run.json
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from bench import canonical, files, trust
from bench.engine import journal, remerge
from bench.engine import plan as plans
from bench.engine.journal import RECORDS_FILE, Journal, lock
from bench.engine.plan import Plan
from bench.engine.runner import Observer, Outcome, Part, RunOptions, ask_part, check_identity
from bench.errors import Fault, IncompleteError, IntegrityError, UsageError
from bench.protocols import Adapter
from bench.types import Case, Record, Value

SPLIT_FILE = "shards.json"
SHARD_FILE = "shard.json"
FOLDER = "shards"
MOST = 65_536
INDEX_VARIABLES = ("MINGJIAN_SHARD", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX")
TOTAL_VARIABLES = ("MINGJIAN_SHARDS", "SLURM_ARRAY_TASK_COUNT")
_ABSENT = (1 << 64) - 1


class Split(Value, frozen=True):
    """How a plan was split."""

    run_sha256: str
    total: int


class Shard(Value, frozen=True):
    """Which part of which run a shard's journal holds."""

    run_sha256: str
    index: int
    total: int

    @property
    def part(self) -> Part:
        return Part(index=self.index, total=self.total)


class Standing(Value, frozen=True):
    """How far a shard is."""

    shard: int
    planned: int
    finished: int
    open: int
    errors: int


class Source(NamedTuple):
    """An open shard journal."""

    path: Path
    shard: Shard
    handle: BinaryIO


def split(plan: Plan, folder: Path, total: int) -> None:
    """Write a plan to be run in `total` shards into a new folder."""
    if not 1 <= total <= min(MOST, plan.info.cases):
        raise UsageError("shard.total", total=total, cases=plan.info.cases)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError("shard.folder_used", folder=str(folder))
    plans.save(plan, folder)
    trust.note(folder / plans.RUN_FILE, [plan.info.model])
    files.write_json(folder / SPLIT_FILE, Split(run_sha256=plans.genesis(folder), total=total))


def read_split(folder: Path) -> Split:
    """Return how the plan in a folder was split; raises IntegrityError if `run.json` is another one by now."""
    if not (folder / SPLIT_FILE).is_file():
        raise UsageError("shard.no_plan", folder=str(folder))
    found = files.read_json(folder / SPLIT_FILE, Split)
    if found.run_sha256 != plans.genesis(folder):
        raise IntegrityError.of([Fault(key="shard.other_run", file=str(folder / SPLIT_FILE))])
    return found


def check_merged(folder: Path) -> None:
    """Raise UsageError if a folder is a plan whose shards are not merged: its records are in them, not in a journal."""
    if is_unmerged(folder):
        raise UsageError("shard.not_merged", folder=str(folder))


def is_unmerged(folder: Path) -> bool:
    """Return whether a folder is a plan whose shards are not merged."""
    return (folder / SPLIT_FILE).is_file() and not (folder / RECORDS_FILE).is_file()


def standings(folder: Path) -> list[Standing]:
    """Return how far each shard of a plan is; one that was not begun yet has everything open. Writes nothing."""
    found, cases = read_split(folder), plans.info(folder).cases
    return [_standing(folder, Part(index=index, total=found.total), cases) for index in range(found.total)]


def _standing(folder: Path, part: Part, cases: int) -> Standing:
    target, planned = _target(folder, part.index, part.total), part.size(cases)
    statuses: Sequence[str] = ()
    if (target / SHARD_FILE).is_file():
        state = journal.inspect(target / RECORDS_FILE, files.digest_file(target / SHARD_FILE))
        statuses = list(state.statuses.values())
    errors = sum(status == "error" for status in statuses)
    return Standing(part.index, planned, len(statuses), planned - len(statuses), errors)


def _target(folder: Path, index: int, total: int) -> Path:
    return folder / FOLDER / f"{index:05d}-of-{total:05d}"


def from_environment(total: int, environ: Mapping[str, str] = os.environ) -> int:
    """Return the shard that the scheduler means (SLURM array task, Kubernetes completion index).

    Raises UsageError if there is none, or no number, or if the scheduler runs another number of shards.
    """
    stated = next((environ[name] for name in TOTAL_VARIABLES if _is_number(environ.get(name, ""))), None)
    if stated is not None and int(stated) != total:
        raise UsageError("shard.other_total", stated=stated, total=total)
    for name in INDEX_VARIABLES:
        value = environ.get(name, "")
        if _is_number(value):
            first = environ.get("SLURM_ARRAY_TASK_MIN", "") if name.startswith("SLURM") else ""
            return int(value) - (int(first) if _is_number(first) else 0)
        if value:
            raise UsageError("shard.no_number", name=name, value=value, last=total - 1)
    raise UsageError("shard.none", names=", ".join(INDEX_VARIABLES))


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def place(folder: Path, index: int) -> Path:
    """Return the folder of a shard, made if needed; raises UsageError for a number that the split does not have."""
    found = read_split(folder)
    if not 0 <= index < found.total:
        raise UsageError("shard.index", index=index, last=found.total - 1)
    target = _target(folder, index, found.total)
    target.mkdir(parents=True, exist_ok=True)
    wanted = Shard(run_sha256=found.run_sha256, index=index, total=found.total)
    path = target / SHARD_FILE
    if not path.is_file():
        files.write_json(path, wanted)
    elif files.read_json(path, Shard) != wanted:
        raise IntegrityError.of([Fault(key="shard.other_run", file=str(path))])
    return target


async def run(plan: Plan, adapter: Adapter, target: Path, options: RunOptions, observe: Observer) -> Outcome:
    """Ask the open cases of the shard in `target`; like `runner.run`, and as often as needed."""
    started = time.monotonic()
    check_identity(plan, adapter)
    part = files.read_json(target / SHARD_FILE, Shard).part
    with lock(target):
        async with Journal(target / RECORDS_FILE, files.digest_file(target / SHARD_FILE)) as opened:
            before = len(opened.state.statuses)
            await ask_part(plan, adapter, opened, options, part=part, observe=observe)
            after = len(opened.state.statuses)
    return Outcome(
        planned=part.size(plan.info.cases),
        finished_before=before,
        finished_now=after - before,
        seconds=time.monotonic() - started,
    )


def merge(folder: Path) -> int:
    """Write the run's journal from those of all its shards, in plan order, and return the number of records.

    Raises IntegrityError for a shard of another run, an index in two shards or a record of another case, and
    IncompleteError for cases without a record. Done twice it gives the same bytes; an earlier merge of shards that went
    on since is replaced and what was made from it removed; any other journal is refused.
    """
    found, plan = read_split(folder), plans.load(folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(lock(folder))
        sources = [stack.enter_context(_open(path)) for path in _folders(folder, found)]
        offsets = array("Q", [_ABSENT]) * plan.info.cases
        for source in sources:
            _index(source, offsets)
        _check_complete(offsets, found.total)
        _write(folder, merged(plan, sources, offsets, plans.genesis(folder)), sources)
    return plan.info.cases


def _folders(folder: Path, found: Split) -> list[Path]:
    """Return the folder of each shard by number; raises if one is there twice, of another run, or not at all."""
    by_index: dict[int, Path] = {}
    for path in sorted((folder / FOLDER).glob(f"*/{SHARD_FILE}")):
        shard = files.read_json(path, Shard)
        if (shard.run_sha256, shard.total) != (found.run_sha256, found.total):
            raise IntegrityError.of([Fault(key="shard.other_run", file=str(path))])
        if shard.index in by_index:
            raise IntegrityError.of([Fault(key="shard.twice", facts={"index": shard.index}, file=str(path))])
        by_index[shard.index] = path.parent
    missing = sorted(set(range(found.total)) - by_index.keys())
    if missing:
        raise IncompleteError("shard.missing", count=len(missing), first=missing[0])
    return [by_index[index] for index in range(found.total)]


@contextlib.contextmanager
def _open(target: Path) -> Iterator[Source]:
    shard = files.read_json(target / SHARD_FILE, Shard)
    path = target / RECORDS_FILE
    with lock(target):
        if not path.is_file():
            raise IncompleteError("shard.missing", count=1, first=shard.index)
        with path.open("rb") as handle:
            yield Source(path, shard, handle)


def _index(source: Source, offsets: array[int]) -> None:
    """Note where the newest record of each case stands; raises IntegrityError for a case of another shard."""
    genesis = files.digest_file(source.path.parent / SHARD_FILE)
    for index, offset, number in journal.indices(source.path, genesis):
        if index >= len(offsets) or not source.shard.part.holds(index):
            fault = Fault(key="shard.foreign", facts={"index": index}, file=str(source.path), line=number)
            raise IntegrityError.of([fault])
        offsets[index] = offset


def _check_complete(offsets: Sequence[int], total: int) -> None:
    """Raise IncompleteError if a case has no record, saying in which shards."""
    open_cases = [index for index, offset in enumerate(offsets) if offset == _ABSENT]
    if open_cases:
        shards = sorted({index % total for index in open_cases})
        shown = ", ".join(map(str, shards[:20])) + (" …" if len(shards) > 20 else "")
        raise IncompleteError("shard.open", count=len(open_cases), shards=shown)


def merged(plan: Plan, sources: Sequence[Source], offsets: Sequence[int], genesis: str) -> Iterator[bytes]:
    """Yield the lines of the run's journal; raises IntegrityError for a record that is not of the planned case."""
    decoder, previous = msgspec.json.Decoder(Record), genesis
    for index, case in enumerate(plan.cases()):
        source = sources[index % len(sources)]
        source.handle.seek(offsets[index])
        record = decoder.decode(source.handle.readline())
        check_case(record, case, source.path)
        line = canonical.encode(msgspec.structs.replace(record, prev=previous))
        previous = hashlib.sha256(line).hexdigest()
        yield line + b"\n"


def check_case(record: Record, case: Case, path: Path) -> None:
    """Raise IntegrityError unless a record answers the planned case."""
    if record.case != case:
        raise IntegrityError.of([Fault(key="shard.other_case", facts={"index": record.i}, file=str(path))])


def _write(folder: Path, lines: Iterator[bytes], sources: Sequence[Source]) -> None:
    """Write the journal through a temporary file; what is there and no earlier merge of the same is not replaced."""
    target = folder / RECORDS_FILE
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{RECORDS_FILE}.")
    temporary = Path(name)
    try:
        with files.named(target), os.fdopen(handle, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        if target.exists() and files.digest_file(target) != files.digest_file(temporary):
            parts = [remerge.Part(one.path, files.digest_file(one.path.parent / SHARD_FILE)) for one in sources]
            if not remerge.is_former(target, temporary, plans.genesis(folder), parts):
                raise UsageError("shard.no_former", file=str(target))
            remerge.forget(folder)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
