"""A model as judge, or a panel of them: rubric in, verdict out; what is not exactly a verdict is unscored.

The reply cannot speak to the judge's parser: it travels as escaped JSON between markers drawn for this call, and only
an answer that is one JSON object with this call's nonce and a label of the menu counts, or in the form `line` nothing
but a line of this call's menu with its code (`judge_prompt`, `judge_verdict`). It could still persuade: one that speaks
to its grader is not shown to a judge (`forgery`). Reasons of no score: `judge_addressed`, `judge_unparsable`,
`judge_blocked` (the judge's own vendor filtered), `judge_error`, `judge_tie`, `no_judge`, `no_rubric`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

import msgspec

from bench.protocols import Adapter
from bench.types import Item, Record, Sampling, Score, Value
from scorers import forgery, judge_calls, judge_prompt, opinion, resources, rubrics
from scorers.forgery import Forgery
from scorers.judge_calls import Cost, Explain, Judge, Judgement
from scorers.judge_prompt import Form, Subject
from scorers.judge_verdict import Decision, Opinion, Rule, decide, failure, settled, tame
from scorers.rubrics import Rubric

T = TypeVar("T")
Group = tuple[Item, Sequence[Record]]
Observer = Callable[[Judgement], None]
"""Called once for each new call to a judge, as soon as it is answered."""


class Settings(Value, frozen=True, forbid_unknown_fields=True):
    """How a panel works. Everything here is part of the scorer's configuration but `in_flight` and `tries`."""

    rule: Rule = "vote"
    seed: int = 0
    """Decides the order of the labels, call by call."""
    window: int = 24_000
    """Characters of a reply that are judged at once; of the windows of a longer one the worst verdict counts."""
    overlap: int = 1_000
    masked: bool = True
    """Show random codes in place of the labels, so that a reply cannot name the verdict it wants. False for a judge
    that needs the labels' own names."""
    form: Form = "object"
    """`line`: the verdict is the label's line of the menu, with its code: a third of the tokens, and no reason. A judge
    whose adapter has a method `choose` can answer nothing else."""
    forged: Literal["unscored", "ask"] = "unscored"
    """What becomes of a reply that speaks to its grader: no opinion and no call, or asked like any other."""
    parameters: Sampling = Sampling(max_tokens=256)
    """A verdict has about 80 tokens; a judge that thinks needs room for its thoughts too."""
    rubrics: tuple[str, ...] = ()
    """Files of the operator's rubrics; items name them by their id, like the built-in ones."""
    in_flight: int = 64
    """Records under judgement at once, over all judges."""
    tries: int = 5

    def decisive(self) -> dict[str, Any]:
        """Return what can change what a judge says."""
        names = ("rule", "seed", "window", "overlap", "masked", "form")
        return {
            **{name: getattr(self, name) for name in names},
            "parameters": msgspec.to_builtins(self.parameters),
        }


def read_settings(data: Mapping[str, Any]) -> Settings:
    """Return plain data as settings; raises TypeError that says what is wrong."""
    try:
        found = msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error
    if not 0 <= found.overlap < found.window or found.tries < 1:
        raise TypeError("overlap must be below window, and tries 1 or more")
    if found.form == "line" and not found.masked:
        raise TypeError("form line needs masked labels: a line without a random code could be copied out of a reply")
    return found


def ignore(line: Judgement) -> None:
    """Take a judgement and do nothing."""


class JudgeScorer:
    """Asks `judges`, adapters not yet opened, by an item's rubric, or by `rubric` where it names none.

    `settings` may be plain data. `observe` gets each call as a line; `known` are lines of earlier calls: an equal
    question is not asked again, so that scoring twice costs once. Where they are `final`, one that failed counts too.
    `explain` says why a call failed, for its line.
    """

    name = "judge"
    version = "1.3"
    needs_item = True

    def __init__(
        self,
        judges: Sequence[Adapter] = (),
        rubric: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        observe: Observer = ignore,
        known: Iterable[Judgement | Mapping[str, Any]] = (),
        *,
        final: bool = False,
        explain: Explain = judge_calls.plain,
    ) -> None:
        self.settings = given = settings if isinstance(settings, Settings) else read_settings(settings or {})
        if not all(isinstance(adapter, Adapter) for adapter in judges):
            raise TypeError("judges are adapters: name them with --judge")
        self._judges = [Judge(adapter, number, explain) for number, adapter in enumerate(judges, 1)]
        self._observe = observe
        self._known = judge_calls.Earlier(known, final)
        self._default = rubric
        self._rubrics = catalogue(given.rubrics)
        self.config = {
            "judges": [judge.identity for judge in self._judges],
            "rubric": rubric,
            "rubrics": {name: rubrics.digest(found) for name, found in sorted(self._rubrics.items())},
            "frame": resources.digest("data/judge.yaml"),
            "forged": given.forged,
            "signs": forgery.identity() if given.forged == "unscored" else None,
            **given.decisive(),
        }

    @property
    def costs(self) -> dict[str, Cost]:
        """Calls and tokens so far, by judge."""
        return {judge.name: judge.cost for judge in self._judges}

    def score(self, item: Item, records: Sequence[Record]) -> list[Score]:
        (scores,) = self.score_all([(item, records)])
        return scores

    def score_all(self, groups: Sequence[Group]) -> list[list[Score]]:
        """Return the scores of many items; the calls of all of them share the judges' connections."""
        return run(self._score_all(groups))

    async def _score_all(self, groups: Sequence[Group]) -> list[list[Score]]:
        gate = asyncio.Semaphore(max(1, self.settings.in_flight))
        for judge in self._judges:
            judge.ready()
        try:
            async with asyncio.TaskGroup() as tasks:
                found = [[tasks.create_task(self._one(gate, item, record)) for record in rs] for item, rs in groups]
        finally:
            for judge in self._judges:
                await judge.close()
        return [[task.result() for task in row] for row in found]

    async def _one(self, gate: asyncio.Semaphore, item: Item, record: Record) -> Score:
        """Return the panel's score of one record."""
        rubric = self._rubrics.get(item.rubric or self._default or "")
        if rubric is None or not self._judges:
            return opinion.unscored(item, record, "no_rubric" if rubric is None else "no_judge")
        found = self._forgery(rubric, record)
        if found is not None:
            return addressed(item, record, found)
        async with gate:
            opinions = await self._hear(rubric, item, record)
        return opine(rubric, item, record, opinions, decide(rubric, opinions, self.settings.rule))

    def _forgery(self, rubric: Rubric, record: Record) -> Forgery | None:
        """Return by what a reply speaks to its grader, unless such replies are to be asked about."""
        if self.settings.forged == "ask":
            return None
        asked = "\n".join(turn.content for turn in record.case.messages)
        return forgery.detect(record.reply.text, [label.name for label in rubric.labels], asked)

    async def _hear(self, rubric: Rubric, item: Item, record: Record) -> list[Opinion]:
        """Return the opinions of the panel; an arbiter, the last judge, is asked only if the others differ."""

        async def all_of(judges: Sequence[Judge]) -> list[Opinion]:
            return list(await asyncio.gather(*(self._opinion(judge, rubric, item, record) for judge in judges)))

        if self.settings.rule != "arbiter" or len(self._judges) == 1:
            return await all_of(self._judges)
        first = await all_of(self._judges[:-1])
        return first if settled(first) else [*first, *await all_of(self._judges[-1:])]

    async def _opinion(self, judge: Judge, rubric: Rubric, item: Item, record: Record) -> Opinion:
        """Return what one judge says: of several windows the worst, and nothing if one window has no verdict."""
        parts = judge_prompt.windows(record.reply.text, self.settings.window, self.settings.overlap)
        lines = []
        for number, part in enumerate(parts, 1):
            subject = Subject(
                prompt=record.case.messages,
                reply=part,
                reference=(item.reference or {}).get(record.case.lang, ()),
                part=f"{number}/{len(parts)}" if len(parts) > 1 else "",
            )
            lines.append(await self._line(judge, rubric, record, subject))
        labels = tuple(line.label for line in lines if line.label is not None)
        if len(labels) < len(lines):
            why = failure([Opinion(judge.name, failure=line.failure) for line in lines])
            return Opinion(judge.name, failure=why)
        worst = rubric.worst(labels)
        return Opinion(judge.name, worst, reason=next(line.reason for line in lines if line.label == worst))

    async def _line(self, judge: Judge, rubric: Rubric, record: Record, subject: Subject) -> Judgement:
        """Return one call as a line: an earlier one of the same question, or a new one, which is observed."""
        question = judge_calls.digest(
            [rubrics.digest(rubric), self.config["frame"], judge.name, judge.identity, self.settings.decisive()],
            [record.case.lang, judge_prompt.content(subject)],
        )
        earlier = self._known.find(question, record.i)
        if earlier is not None:
            judge.cost.reused += 1
            return earlier
        given = self.settings
        request = judge_prompt.build(rubric, record.case.lang, subject, question, masked=given.masked, form=given.form)
        case = judge_calls.case_of(request, record.case, given.parameters)
        reply = await judge.ask(case, given.tries, request.menu if given.form == "line" else ())
        verdict, why = judge_calls.read(reply, request)
        line = Judgement(
            suite=record.case.suite, item=record.case.item, record=record.i, lang=record.case.lang,
            variant=record.case.variant, rubric=rubric.rubric, rubric_sha256=rubrics.digest(rubric), judge=judge.name,
            question=question, request_sha256=case.key, part=subject.part, seed=question, order=request.order,
            shown=request.shown, marker=request.marker, nonce=request.nonce, status=reply.status, raw=tame(reply.text),
            label=verdict.label if verdict else None, reason=verdict.reason if verdict else "", failure=why,
            detail=reply.detail, usage=reply.usage,
        )  # fmt: skip
        self._observe(line)
        return line


def opine(rubric: Rubric, item: Item, record: Record, opinions: Sequence[Opinion], found: Decision) -> Score:
    """Return the panel's decision as a score; its evidence is what each judge said."""
    said = [msgspec.to_builtins(one) for one in opinions]
    evidence = {"rubric": rubric.rubric, "rubric_version": rubric.version, "opinions": said}
    if found.label is None:
        return msgspec.structs.replace(opinion.unscored(item, record, str(found.failure)), evidence=evidence)
    return opinion.scored(
        item,
        record,
        value=rubric.value(found.label),
        label=found.label,
        passed=rubric.passed(item.expect, found.label),
        confidence=opinion.whole(found.share or 0) if len(opinions) > 1 else None,
        evidence=evidence,
    )


def addressed(item: Item, record: Record, found: Forgery) -> Score:
    """Return no opinion on a reply that speaks to its grader; its evidence is by which signs, and where."""
    none = opinion.unscored(item, record, f"judge_addressed: {found.name}")
    return msgspec.structs.replace(none, evidence={"signs": [msgspec.to_builtins(sign) for sign in found.signs]})


def catalogue(files: Iterable[str]) -> dict[str, Rubric]:
    """Return the built-in rubrics and the operator's, by id; the operator's come first."""
    found = [rubrics.load(name) for name in (*rubrics.names(), *files)]
    return {rubric.rubric: rubric for rubric in found}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end: in a loop of its own, and beside a running loop in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
