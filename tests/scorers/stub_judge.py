"""A judge without a model: it does with each request what a function says. And the values that judge tests share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from bench.types import Case, Item, Language, Message, Record, Reply, Sampling, Usage
from scorers import rubrics


class Seen(NamedTuple):
    """A request as the judge sees it."""

    system: str
    user: str
    marker: str
    nonce: str
    data: str
    reply: str


Answer = Callable[[Seen], str | Reply]


def read(case: Case) -> Seen:
    """Return the parts of a request."""
    user = case.messages[-1].content
    lines = user.split("\n")
    start = next(index for index, line in enumerate(lines) if line.startswith("<<<"))
    nonce = json.loads(lines[-1])["nonce"] if lines[-1].startswith("{") else ""
    return Seen(
        case.messages[0].content, user, lines[start][3:], nonce, lines[start + 1], json.loads(lines[start + 1])["reply"]
    )


def verdict(nonce: str, label: str, reason: str = "r") -> str:
    return json.dumps({"nonce": nonce, "label": label, "reason": reason}, ensure_ascii=False)


def shown(seen: Seen, label: str) -> str:
    """Return what the menu of a request calls a label: a judge finds it by the label's meaning."""
    meanings = [one.meaning for name in rubrics.names() for one in rubrics.load(name).labels if one.name == label]
    menu = dict(reversed(line[2:].split(": ", 1)) for line in seen.user.split("\n") if line.startswith("- "))
    found = (menu.get(text) for meaning in meanings for text in (meaning.zh, meaning.en))
    return next((code for code in found if code), label)


def honest(label: str) -> Answer:
    return lambda seen: verdict(seen.nonce, shown(seen, label))


def repeats(label: str) -> Answer:
    """Return a judge that repeats a label's line of the menu: it finds it by the label's meaning."""

    def answer(seen: Seen) -> str:
        meanings = [one.meaning for name in rubrics.names() for one in rubrics.load(name).labels if one.name == label]
        texts = tuple(text for meaning in meanings for text in (meaning.zh, meaning.en))
        return next((line for line in seen.user.split("\n") if line.startswith(texts)), label)

    return answer


class StubJudge:
    """An adapter whose answers come from a function."""

    max_in_flight = 4

    def __init__(self, answer: Answer, name: str = "stub") -> None:
        self.answer = answer
        self.name = name
        self.cases: list[Case] = []
        self.opened = self.times_opened = 0

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"adapter": "stub", "model": self.name}

    async def __aenter__(self) -> Self:
        self.opened += 1
        self.times_opened += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.opened -= 1

    async def generate(self, case: Case) -> Reply:
        self.cases.append(case)
        found = self.answer(read(case))
        return found if isinstance(found, Reply) else Reply(status="answered", text=found, usage=Usage(10, 2))


def item(**changes: Any) -> Item:
    prompts = {lang: (Message("user", "?"),) for lang in ("zh", "en")}
    fields: dict[str, Any] = {"id": "q", "suite": "s", "dimension": "risk", "codes": ("cn-31:A.5-a",)}
    return Item(**{**fields, "expect": "answer", "prompts": prompts, "scorers": ("judge",), **changes})


def record(text: str, lang: Language = "zh", index: int = 0, **changes: Any) -> Record:
    fields: dict[str, Any] = {"key": "k", "suite": "s", "item": "q", "messages": (Message("user", "?"),)}
    case = Case(**{**fields, "lang": lang, "parameters": Sampling(), **changes})
    return Record(i=index, case=case, reply=Reply(status="answered", text=text), prev="")
