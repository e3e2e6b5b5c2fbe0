"""What a failed reply is: (status, body, provider) → a verdict, and the verdict as our reply or error, once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
import re2

from bench import providers, strict
from bench.adapters import _http
from bench.adapters._http import Response
from bench.adapters._secrets import Redactor
from bench.errors import Fatal, RateLimited, Rejected, Transient
from bench.providers import Kind, Provider, Side, Signal
from bench.types import Reply, Status

_LONGEST = 300
"""Characters of a vendor's words that are kept; cut after keys are taken out, so that none is cut in two."""
_READ = 64 * 1024
_MARK = 60
_REQUEST = re.compile(r"[\s(,;]*\b(?:ark)?\s?request[ _-]?id\b\W{0,3}[\w-]+\)?", re.IGNORECASE)
_MODERATION = re2.compile(
    r"(?i)sensitive|inappropriate|\brisk|moderat|content[ _-]?(filter|policy|safety)|unsafe|违规|敏感|审核|不合规|风险"
)
_INNOCENT = re.compile(r"case[- _]?(in)?sensitive|大小写敏感", re.IGNORECASE)
_BY_STATUS: dict[int, Kind] = {
    401: "auth",
    402: "money",
    403: "auth",
    408: "transient",
    409: "transient",
    413: "length",
    425: "transient",
    429: "rate",
}
_NEVER_SUSPECT = frozenset((401, 402, 408, 409, 413, 425, 429))


class Problem(msgspec.Struct, frozen=True):
    """A failed reply's own words."""

    code: str = ""
    type: str = ""
    message: str = ""

    @property
    def words(self) -> str:
        """Everything that patterns look at."""
        return f"{self.code} {self.type} {self.message}"

    @property
    def shown(self) -> str:
        """The words for people: one line, without the request's number, so that equal failures are equal."""
        name = self.code or self.type
        text = f"{name}: {self.message}" if name and self.message else name or self.message
        text = _REQUEST.sub("", " ".join(text.split()))
        return "".join(c if c.isprintable() else "?" for c in text)


class Verdict(msgspec.Struct, frozen=True):
    """What a failed reply is."""

    kind: Kind
    side: Side
    problem: Problem


def judge(provider: Provider, status: int, body: bytes) -> Verdict:
    """Return what a failed reply is: by the provider's rules, then the generic ones, then the HTTP status."""
    tree = parse(body)
    problem = read(tree, body)
    for rule in providers.rules(provider):
        if fits(rule, status, problem, tree):
            return Verdict(rule.kind, side(rule, problem), problem)
    return Verdict(_default(provider, status, problem), "unknown", problem)


def _default(provider: Provider, status: int, problem: Problem) -> Kind:
    suspicious = provider.moderated and 400 <= status < 500 and status not in _NEVER_SUSPECT
    if suspicious and (status == 451 or _MODERATION.search(_INNOCENT.sub("", problem.words))):
        return "suspected"
    if status == 200 or status >= 500:
        return "transient"
    return _BY_STATUS.get(status, "request")


def parse(body: bytes) -> Any:
    """Return the body as JSON, or None."""
    try:
        return msgspec.json.decode(body)
    except strict.UNREADABLE:
        return None


def read(tree: Any, body: bytes) -> Problem:
    """Return the code, type and message of an error body in any of the shapes that vendors use."""
    if isinstance(tree, list) and tree:
        tree = tree[0]
    if not isinstance(tree, dict):
        return Problem(message=body[:_READ].decode("utf-8", "replace"))
    for inner in (_path(tree, "error"), _path(tree, "Response.Error"), _path(tree, "base_resp")):
        if isinstance(inner, dict):
            return Problem(
                code=_first(inner, "code", "Code", "status_code"),
                type=_first(inner, "type", "status") or _first(tree, "type"),
                message=_first(inner, "message", "Message", "status_msg"),
            )
    return Problem(
        code=_first(tree, "code", "error_code", "err_code", "status_code"),
        type=_first(tree, "type", "error_type"),
        message=_first(tree, "message", "error_msg", "msg", "error", "detail"),
    )


def _first(tree: dict[str, Any], *names: str) -> str:
    """Return the first of the named values that is a text or a number."""
    found = (tree.get(name) for name in names)
    texts = (str(value) for value in found if isinstance(value, str | int) and not isinstance(value, bool))
    return next((text for text in texts if text), "")


def _path(tree: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and step.isdigit() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return None
    return tree


def fits(rule: Signal, status: int, problem: Problem, tree: Any) -> bool:
    """Return whether a failed reply has the shape of a rule."""
    message = problem.message.lower()
    return (
        (not rule.status or status in rule.status or (status == 200 and _speaks(rule)))
        and (not rule.code or any(_same(problem.code, wanted) for wanted in rule.code))
        and (not rule.type or any(_same(problem.type, wanted) for wanted in rule.type))
        and (not rule.message or any(part.lower() in message for part in rule.message))
        and (rule.pattern is None or _compiled(rule.pattern).search(problem.words) is not None)
        and (rule.path is None or _stands(rule, _path(tree, rule.path)))
    )


def _speaks(rule: Signal) -> bool:
    """Return whether a rule knows a failure by its words: one inside HTTP 200 comes without its own status."""
    return bool(rule.code or rule.type or rule.message or rule.pattern)


def _stands(rule: Signal, found: Any) -> bool:
    return bool(found) if rule.value is None else bool(found == rule.value)


def _same(found: str, wanted: str) -> bool:
    return found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted


@functools.cache
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


def side(rule: Signal, problem: Problem) -> Side:
    """Return which side a filter spoke about: by a word, else as the rule says."""
    return next((found for word, found in rule.sides.items() if word.lower() in problem.words.lower()), rule.side)


_STATUS: dict[Kind, Status] = {
    "account_filter": "blocked_by_account",
    "suspected": "suspected_filter",
    "length": "too_long",
}


def outcome(verdict: Verdict, response: Response, redactor: Redactor, text: str = "") -> Reply:
    """Return the reply for an outcome (filter, length), with the text that came before; raise for all others."""
    said = target(response.headers.get("location", "")) if redirects(response) else verdict.problem.shown
    kind, why = verdict.kind, redactor.text(said)[:_LONGEST]
    if kind == "filter":
        output = verdict.side == "output" or (verdict.side == "unknown" and text != "")
        status: Status | None = "filtered_output" if output else "filtered_input"
    else:
        status = _STATUS.get(kind)
    if status is not None:
        unsure = kind == "filter" and verdict.side == "unknown" and not text
        detail = f"{why} [side not stated]" if unsure else why
        return Reply(status=status, text=text, http=response.status, detail=detail)
    raise error(kind, response, why)


def error(kind: Kind, response: Response, why: str) -> RateLimited | Transient | Fatal | Rejected:
    """Return the error for a verdict that is no outcome."""
    status = response.status
    if kind == "rate":
        return _http.rate_limited(response)
    if kind == "transient":
        return Transient("http.server", status=status) if status != 200 else Transient("http.unfinished", why=why)
    if kind == "money":
        return Fatal("http.arrears", status=status, why=why)
    if kind == "auth":
        return Fatal("http.refused", status=status, why=why)
    if redirects(response):
        return Rejected("http.redirect", status=status, where=why or "–")
    return Rejected("http.rejected" if why else "http.wordless", status=status, **({"why": why} if why else {}))


def target(location: str) -> str:
    """Return where a redirect points, without user name, password and query; readable, so that keys can be found."""
    plain = unquote(location).partition("?")[0].partition("#")[0]
    scheme, there, rest = plain.rpartition("//")
    shown = (
        scheme + there + rest.partition("/")[0].rpartition("@")[2] + "/" + rest.partition("/")[2] if there else plain
    )
    return "".join(c if c.isprintable() else "?" for c in shown)


def redirects(response: Response) -> bool:
    """Return whether a reply points to another address, which is never followed: keys stay with the one named."""
    return 300 <= response.status < 400


def evidence(provider: Provider, body: bytes) -> str | None:
    """Return the moderation marks of a good reply as `name=value`, or None; they do not decide its status."""
    return ", ".join(_marks(provider, parse(body))) or None


def _marks(provider: Provider, tree: Any) -> Iterator[str]:
    for path in provider.evidence:
        value = _path(tree, path)
        if value and isinstance(value, str | int | float) and len(str(value)) <= _MARK:
            yield f"{path}={str(value).lower()}"
