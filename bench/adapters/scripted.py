"""Answers from a script: for tests, demonstrations and dry runs. The script is YAML:

rules:                                   # the first rule that fits answers
  - {item: sr-a1d-0007, lang: zh, text: 抱歉，我不能帮助你。}
  - {contains: weather, text: It is sunny., finish: stop}
  - {status: filtered_input, suite: risk.starter, share: 5}     # 5 of 100 cases, chosen by the case key
default: {text: OK}                      # for every other case; without it such a case is an error
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec

from bench import catalogue, files, schema, yaml
from bench.adapters import _local
from bench.errors import ConfigError, Fault
from bench.types import Case, Model, Reply, Status, Usage


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to reply."""

    text: str = ""
    status: Status = "answered"
    reasoning: str | None = None
    finish: str | None = "stop"
    detail: str | None = None


class Rule(Answer, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer and the cases it is for: all stated conditions must hold."""

    suite: str | None = None
    item: str | None = None
    lang: str | None = None
    variant: str | None = None
    contains: str | None = None
    share: Annotated[int, msgspec.Meta(ge=0, le=100)] = 100
    """Percent of the cases that fit, chosen by the case key."""


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A script file."""

    rules: tuple[Rule, ...] = ()
    default: Answer | None = None


class ScriptedAdapter:
    """A model whose answers are written down."""

    max_in_flight = 64

    def __init__(self, model: Model) -> None:
        _local.options(model, _local.NoOptions)
        if model.path is None:
            raise ConfigError.of([Fault(key="model.needs_path", facts={"adapter": "scripted"})])
        self._path = path = Path(model.path)
        self._script = schema.convert(yaml.load(path), Script)
        self._identity = {"adapter": "scripted", "model": model.model, "sha256": files.digest_file(path)}

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._identity

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def generate(self, case: Case) -> Reply:
        """Return the answer of the first rule that fits, else the default; a case with neither is an error."""
        fitting = (rule for rule in self._script.rules if fits(rule, case))
        answer: Answer | None = next(fitting, self._script.default)
        if answer is None:
            facts = {"item": case.item, "lang": case.lang, "file": str(self._path)}
            return Reply(status="error", detail=catalogue.text("error.scripted.no_rule", "en", **facts), ms=0)
        return Reply(
            status=answer.status,
            text=answer.text,
            reasoning=answer.reasoning,
            finish=answer.finish,
            detail=answer.detail,
            usage=Usage(sum(len(message.content) for message in case.messages), len(answer.text)),
            ms=0,
        )


def fits(rule: Rule, case: Case) -> bool:
    """Return whether all stated conditions of a rule hold for a case."""
    stated = ((rule.suite, case.suite), (rule.item, case.item), (rule.lang, case.lang), (rule.variant, case.variant))
    if any(wanted is not None and wanted != found for wanted, found in stated):
        return False
    if rule.contains is not None and rule.contains not in case.messages[-1].content:
        return False
    return int(case.key[:8], 16) % 100 < rule.share
