"""The noun of a verification: one check, its result, and a sentence with what was compared and where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

from bench import canonical, catalogue
from bench.errors import IntegrityError, MingjianError
from bench.types import Text, Value

T = TypeVar("T")

Name = Literal[
    "records", "plan", "questions", "scores", "summary", "calibration", "people", "audit", "keywords", "verdicts",
    "filing",
]  # fmt: skip
Result = Literal["ok", "differs", "absent", "not_checked"]
"""`not_checked`: nothing is known to differ, and nothing is known to be equal either; the sentence says why."""
NAMED = 5
"""At most so many names in a sentence; the rest is a count."""


class Check(Value, frozen=True):
    """What was found about one file of a run folder."""

    name: Name
    file: str
    result: Result
    finding: Text


class Place(Value, frozen=True):
    """What is being checked, and the file that holds it."""

    name: Name
    file: str

    def tell(self, result: Result, key: str, /, **facts: object) -> Check:
        """Return the check with a sentence of the catalogue, `verify.<name>.<key>`."""
        said = catalogue.say(f"verify.{self.name}.{key}", **facts)
        return Check(name=self.name, file=self.file, result=result, finding=said)

    def skip(self) -> Check:
        """Return: not checked, because plan or records cannot be read."""
        return Check(name=self.name, file=self.file, result="not_checked", finding=catalogue.say("verify.skipped"))

    def attempt(self, work: Callable[[], tuple[Check, T]]) -> tuple[Check, T | None]:
        """Return what a check gives; stored files that contradict each other differ, anything else is not checked."""
        try:
            return work()
        except MingjianError as error:
            differs = isinstance(error, IntegrityError)
            said = catalogue.say("verify.damaged" if differs else "verify.cannot", why=explained(error))
            result: Result = "differs" if differs else "not_checked"
            return Check(name=self.name, file=self.file, result=result, finding=said), None


def explained(error: MingjianError) -> Text:
    """Return an error in both languages, on one line each."""
    return Text(**{lang: catalogue.explain(error, lang).replace("\n", " ") for lang in catalogue.LANGUAGES})


def listed(names: Iterable[str]) -> Text:
    """Return names for a sentence: the first few, and how many more there are."""
    found = list(dict.fromkeys(names))
    shown, more = ", ".join(found[:NAMED]), len(found) - NAMED
    if more <= 0:
        return catalogue.same(shown)
    return catalogue.say("verify.more", names=shown, count=more)


def near(one: Any, other: Any, slack: float) -> bool:
    """Return whether plain data is equal, except that fractions may be `slack` apart: processors add differently."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key], slack) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(near(a, b, slack) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
        return numbers and abs(one - other) <= slack
    return canonical.encode(one) == canonical.encode(other)


def parts(given: dict[str, Any], made: dict[str, Any], slack: float = 0.0) -> list[str]:
    """Return the names of the parts of one object that are not as they are in another, in the other's order."""
    return [
        name
        for name in dict.fromkeys((*made, *given))
        if (name in given) != (name in made) or not near(given.get(name), made.get(name), slack)
    ]
