"""The nouns: frozen values that cross module boundaries. No I/O here.

Suite → Plan → Record → Score → Summary → Document. A `Suite` holds `Item`s; a plan turns an item into `Case`s
(item × language × variant × epoch); a model's `Reply` to a case makes a `Record`; scorers turn records into `Score`s.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

Language = str
"""Primary language tag of BCP 47: `zh`, `en`, `vi` …"""

Dimension = Literal["robustness", "ethics", "risk"]
DIMENSIONS: tuple[Dimension, ...] = ("robustness", "ethics", "risk")

Expect = Literal["refuse", "answer", "safe"]
"""What a good model does: refuse or redirect; answer helpfully; either, as long as the reply is safe."""

Role = Literal["system", "user", "assistant"]

Status = Literal[
    "answered",
    "filtered_input",
    "filtered_output",
    "blocked_by_account",
    "suspected_filter",
    "truncated",
    "too_long",
    "empty",
    "error",
]
STATUSES: tuple[Status, ...] = (
    "answered",
    "filtered_input",
    "filtered_output",
    "blocked_by_account",
    "suspected_filter",
    "truncated",
    "too_long",
    "empty",
    "error",
)
FILTERED: frozenset[Status] = frozenset(("filtered_input", "filtered_output", "blocked_by_account", "suspected_filter"))
"""Statuses that mean: the service's filter or account rule spoke, not the model."""
BLOCKED: frozenset[Status] = frozenset(("filtered_input", "filtered_output"))
"""A filter spoke about this one question. A blocked account or a mere suspicion of a filter is no verdict."""

Behaviour = Literal["refused", "safe_redirect", "partial", "complied", "unclear"]


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all nouns: immutable, keyword-only. They hold no cycles, so the collector need not look at them."""


class PerMinute(Value, frozen=True):
    """The most that an endpoint takes in any minute; None: it does not say."""

    requests: int | None = None
    tokens: int | None = None
    """Input and output together."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One turn of a conversation."""

    role: Role
    content: str


class Text(Value, frozen=True):
    """A short text in both report languages."""

    zh: str
    en: str

    def of(self, lang: Language) -> str:
        """Return the text in `lang`; languages other than zh read the English text."""
        return self.zh if lang == "zh" else self.en


class Item(Value, frozen=True, omit_defaults=True):
    """One test question in every language of its suite; the prompts of one item form a group (zh + en: a pair)."""

    id: str
    suite: str
    dimension: Dimension
    codes: tuple[str, ...]
    """Taxonomy codes, qualified: `cn-31:A.1-d`."""
    expect: Expect
    prompts: dict[Language, tuple[Message, ...]]
    scorers: tuple[str, ...]
    bank: str | None = None
    form: str | None = None
    choices: dict[Language, tuple[str, ...]] | None = None
    answer: int | None = None
    """Index of the right choice, from 0."""
    reference: dict[Language, tuple[str, ...]] | None = None
    """Accepted answers or reference points."""
    rubric: str | None = None
    twin: str | None = None
    """Id of the minimal pair of opposite expectation."""
    template: str | None = None
    provenance: str = "unknown"
    licence: str | None = None
    added: str | None = None
    hazard: bool = False
    private: bool = False
    """Its bank is kept from readers: a report names the bank's digest and shows no text."""
    metadata: dict[str, str] = {}

    @property
    def hidden(self) -> bool:
        """Whether a report shows none of its texts: what was asked, what came back."""
        return self.hazard or self.private


class Suite(Value, frozen=True):
    """A named, versioned set of items. `digest` is SHA-256 over the canonical JSON of all items in id order."""

    name: str
    title: Text
    version: str
    """Comparability version, dash, interface version: `3-B`."""
    dimension: Dimension
    languages: tuple[Language, ...]
    items: tuple[Item, ...]
    digest: str
    licence: str
    updated: str
    bank: str | None = None
    taxonomy: str | None = None
    private: bool = False
    external: bool = False
    """Its items are other people's data, named by `source:`."""
    path: str = ""


_NotNegative = Annotated[int, msgspec.Meta(ge=0)] | Annotated[float, msgspec.Meta(ge=0)]
_Share = Annotated[int, msgspec.Meta(ge=0, le=1)] | Annotated[float, msgspec.Meta(ge=0, le=1)]


class Sampling(Value, frozen=True):
    """Decoding parameters, as requested; `None` means: the endpoint's own default, not sent."""

    temperature: _NotNegative | None = 0
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = 512
    top_p: _Share | None = None
    seed: int | None = None


class Case(Value, frozen=True):
    """What is sent: item × language × variant × epoch. `key` digests all that can change the reply."""

    key: str
    suite: str
    item: str
    lang: Language
    messages: tuple[Message, ...]
    parameters: Sampling
    variant: str = "plain"
    epoch: int = 0
    order: tuple[int, ...] | None = None
    """Order of the options as shown, if it is not the item's: at place i stands the item's option `order[i]`."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, rename={"input": "in", "output": "out"}):
    """Token counts as the model's side reports them."""

    input: int
    output: int
    cached: int = 0
    """How many of `input` were read from a prompt cache; 0 also where the model's side does not say."""


class Reply(Value, frozen=True):
    """What came back. `text` is the answer without reasoning; a provider's block is a status, never a text."""

    status: Status
    text: str = ""
    reasoning: str | None = None
    finish: str | None = None
    usage: Usage | None = None
    http: int | None = None
    request_id: str | None = None
    returned_model: str | None = None
    started: str | None = None
    """UTC, ISO 8601 with milliseconds."""
    ms: int | None = None
    attempts: int = 1
    detail: str | None = None
    """Why the status is not `answered`, in the vendor's or our words."""


class Record(Value, frozen=True):
    """One journal line: case + reply. `i` is the case's index in the plan, `prev` chains the lines."""

    i: int
    case: Case
    reply: Reply
    prev: str


class Score(Value, frozen=True):
    """One scorer's opinion of one record, or of the records of one item.

    `value` is what was measured (refusal: 1 refused, 0 not); `passed` says whether it meets the item's expectation.
    An unscored record has `value`, `label` and `passed` None and a `reason`.
    """

    item: str
    suite: str
    records: tuple[int, ...]
    scorer: str = ""
    version: str = ""
    config: str = ""
    """First 16 hex digits of the SHA-256 of the scorer's whole configuration. `scorer`, `version` and `config` are
    stamped by the harness: a scorer need not fill them."""
    lang: Language | None = None
    variant: str = "plain"
    value: int | float | None = None
    label: str | None = None
    passed: bool | None = None
    confidence: int | float | None = None
    reason: str | None = None
    evidence: dict[str, Any] | None = None


class Estimate(Value, frozen=True):
    """A rate with its evidence: `x` of `n` units over `clusters` items; bounds are two-sided 95 %."""

    x: int
    n: int
    clusters: int
    point: float | None
    low: float | None
    high: float | None
    method: str
    left_out: dict[str, int]
    """Planned units that are not in `n`, by status or reason of no score."""


class Prices(Value, frozen=True):
    """Currency units for one million tokens: `{input: 2, output: 8, currency: CNY}`."""

    input: _NotNegative
    output: _NotNegative
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]

    def cost(self, usage: Usage) -> int:
        """Return the price of some tokens in millionths of the currency unit, exactly and rounded up."""
        return math.ceil(usage.input * Fraction(str(self.input)) + usage.output * Fraction(str(self.output)))


class Model(Value, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A model under test, as configured. Keys are never in here: `key_env` names an environment variable."""

    model: str
    """The name in reports."""
    adapter: str
    provider: str | None = None
    name: str | None = None
    """The name that the endpoint or the weight cache knows."""
    path: str | None = None
    base_url: str | None = None
    key_env: str | None = None
    thinking: Literal["on", "off"] | None = None
    parameters: Sampling = Sampling()
    system_prompt: str | None = None
    guard_in_front: bool = False
    """Declared by the owner: a safety filter stands before the model."""
    allow_remote_code: bool = False
    demonstration: bool = False
    """A stand-in for showing the tool: its report says so on the first page."""
    note: Text | None = None
    prices: Prices | None = None
    """What the service charges, for a budget in money; decides nothing about the replies."""
    options: dict[str, Any] = {}
    """What only this adapter understands."""
    scorer_options: dict[str, dict[str, Any]] = {}
    """Settings of scorers for this model: `{originality: {own: [names of model, maker, product]}}`."""
