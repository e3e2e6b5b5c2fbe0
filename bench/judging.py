"""Models as judges of a run: which they are, what they have said and cost so far, and every new call as a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from bench import canonical, catalogue, files, plugins
from bench.errors import ConfigError, MingjianError, Rejected
from bench.types import Case, Item, Model, Reply, Score, Usage, Value

SCORER = "judge"
JUDGES_FILE = "judges.json"
IDENTITIES_FILE = "judge-identities.json"
"""Who the judges were when they last judged: whoever checks the scores has neither their weights nor their keys."""
JUDGEMENTS_FILE = "judgements.jsonl"


class JudgeCost(Value, frozen=True, rename={"input": "in", "output": "out"}):
    """What one judge of a run has cost, over all its scorings; what an earlier one asked is not asked again."""

    judge: str
    calls: int
    input: int
    """Tokens, like `output`, as the judge's side reports them."""
    output: int
    cached: int
    """How many tokens of `input` came from a prompt cache."""
    unmetered: int
    """Calls that came back without token counts, failed ones among them."""
    failures: dict[str, int]
    """Calls without a verdict, by reason."""


class Unheard(NamedTuple):
    """A judge of a run that gave no verdict on some of the replies it was to judge."""

    judge: str
    replies: int
    """That it was to judge."""
    failures: Counter[str]
    """Replies without its verdict, by reason."""
    details: Counter[str]
    """Why calls failed, as their lines say it, by how many replies."""

    @property
    def dead(self) -> bool:
        """Whether no reply could be shown to it."""
        return self.failures["judge_error"] == self.replies


class _Call(msgspec.Struct):
    """What a line of the judgements says about cost, and about why there is no verdict."""

    judge: str
    record: int = 0
    usage: Usage | None = None
    failure: str | None = None
    detail: str | None = None


class _Opinion(msgspec.Struct):
    """What a score keeps of one judge's opinion."""

    judge: str
    failure: str | None = None


def appoint(folder: Path, judges: Sequence[Model]) -> None:
    """Keep the judges of a run in its folder; they judge at each scoring until others are appointed."""
    files.write_json(folder / JUDGES_FILE, list(judges))


def judges_of(folder: Path) -> list[Model]:
    """Return the judges of a run."""
    path = folder / JUDGES_FILE
    return files.read_json(path, list[Model]) if path.is_file() else []


def costs(folder: Path) -> tuple[JudgeCost, ...]:
    """Return what each judge of a run has cost so far, in the panel's order; raises IntegrityError."""
    path = folder / JUDGEMENTS_FILE
    found: dict[str, list[_Call]] = {}
    for call in files.read_lines(path, _Call, torn=True) if path.is_file() else ():
        found.setdefault(call.judge, []).append(call)
    return tuple(_summed(name, calls) for name, calls in sorted(found.items(), key=lambda one: _place(one[0])))


def unheard(folder: Path, scores: Iterable[Score]) -> tuple[Unheard, ...]:
    """Return the judges that gave no verdict on some replies, by the run's scores, in the panel's order.

    Why their calls failed stands in the judgements: the newest line of a judge on a record counts.
    """
    if not judges_of(folder):
        return ()
    replies, failures = Counter[str](), dict[str, dict[int, str]]()
    for score in scores:
        for said in _opinions(score):
            replies[said.judge] += 1
            if said.failure is not None:
                failures.setdefault(said.judge, {})[score.records[0]] = said.failure
    lines = files.read_lines(folder / JUDGEMENTS_FILE, _Call, torn=True) if failures else ()
    why = {(one.judge, one.record): one.detail for one in lines if one.failure is not None}
    return tuple(
        Unheard(name, replies[name], Counter(lost.values()), Counter(why.get((name, i)) or "" for i in lost))
        for name, lost in sorted(failures.items(), key=lambda one: _place(one[0]))
    )


def _opinions(score: Score) -> list[_Opinion]:
    """Return what each judge said of a reply, if judges were asked."""
    found = score.evidence.get("opinions", ()) if score.scorer == SCORER and score.evidence else ()
    return msgspec.convert(found, list[_Opinion])


def _place(judge: str) -> tuple[int, str]:
    """Return where a judge stands: its name begins with its number in the panel, `2:name`."""
    number = judge.partition(":")[0]
    return (int(number) if number.isdecimal() else 0, judge)


def _summed(judge: str, calls: Sequence[_Call]) -> JudgeCost:
    usages = [call.usage for call in calls if call.usage is not None]
    failures = Counter(call.failure for call in calls if call.failure is not None)
    return JudgeCost(
        judge=judge,
        calls=len(calls),
        input=sum(usage.input for usage in usages),
        output=sum(usage.output for usage in usages),
        cached=sum(usage.cached for usage in usages),
        unmetered=len(calls) - len(usages),
        failures=dict(sorted(failures.items())),
    )


@contextmanager
def panel(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the options of the judge scorer for a run; none if the run has no judges.

    What the judges said before is not asked again; each new call is appended to the folder's judgements as soon as it
    is answered.
    """
    adapters = [plugins.adapter(model) for model in judges_of(folder)]
    if not adapters:
        yield {}
        return
    files.write_json(folder / IDENTITIES_FILE, [dict(adapter.identity) for adapter in adapters])
    path = folder / JUDGEMENTS_FILE
    mend(path)
    known = list(files.read_lines(path, dict[str, Any])) if path.is_file() else []
    with path.open("ab", buffering=0) as lines:

        def keep(line: object) -> None:
            lines.write(canonical.encode(line) + b"\n")

        yield {"judges": adapters, "observe": keep, "known": known, "explain": _explain}


def _explain(error: MingjianError) -> str:
    """Return an error as it is stored: our sentences in English."""
    return catalogue.explain(error, "en")


class Absent:
    """Stands in for a judge that must not be asked: it has the judge's identity, and counts who asked."""

    max_in_flight = 64

    def __init__(self, identity: Mapping[str, Any]) -> None:
        self.identity = identity
        self.asked = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def generate(self, case: Case) -> Reply:
        """Count the question and refuse it: Rejected."""
        self.asked += 1
        raise Rejected("judging.not_asked")


def heard(folder: Path) -> dict[str, Any]:
    """Return the options of the judge scorer for a run whose judges said all that they will; none without judges.

    Writes nothing, loads nothing and asks nobody: what `judgements.jsonl` does not answer is asked of an `Absent`. No
    adapter is made, which would look for weights where a file of somebody else's says, or fetch them.
    """
    judges, path = judges_of(folder), folder / IDENTITIES_FILE
    identities = files.read_json(path, list[dict[str, Any]]) if judges and path.is_file() else []
    if len(identities) != len(judges):
        raise ConfigError("judging.no_identities", file=IDENTITIES_FILE)
    absent = [Absent(identity) for identity in identities]
    path = folder / JUDGEMENTS_FILE
    known = list(files.read_lines(path, dict[str, Any], torn=True)) if path.is_file() else []
    return {"judges": absent, "known": known, "final": True} if absent else {}


def mend(path: Path) -> None:
    """Cut off a last line that an interruption left half written."""
    if path.is_file():
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            files.write(path, data[: data.rfind(b"\n") + 1])


def with_judge(item: Item) -> Item:
    """Return an item whose rubric is asked first: the judge decides, and the item's own scorers may veto.

    The judge comes first so that a reply which it could not judge is unscored, and never passes for want of a judge.
    """
    if item.rubric is None or SCORER in item.scorers:
        return item
    return msgspec.structs.replace(item, scorers=(SCORER, *item.scorers))
