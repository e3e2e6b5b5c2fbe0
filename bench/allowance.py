"""What an endpoint takes in a minute: requests and tokens, spread evenly over it."""

from __future__ import annotations

from bench.types import Case, PerMinute, Usage

FRAME_TOKENS = 16
"""Tokens that a turn may cost besides its text: role marks and separators."""
UNBOUNDED = 4096
"""Output tokens to reserve for a call that states no `max_tokens`; such a budget is an estimate, not a promise."""
BURST = 1.0
"""Seconds' worth that may go at once."""


class Allowance:
    """Says when the next call may go. Each call moves that moment on by what it takes of the minute.

    Virtual scheduling (the generic cell rate algorithm, ITU-T I.371): a call may go up to `BURST` seconds before its
    moment, and the spacing is widened by as much, so that no 60 seconds hold more requests than are allowed, nor more
    tokens than are allowed and one call's. A call takes its most tokens first; what it did not use is given back.
    """

    def __init__(self, most: PerMinute) -> None:
        self._request_seconds = (60 + BURST) / max(1, most.requests - 1) if most.requests else 0.0
        self._token_seconds = (60 + BURST) / most.tokens if most.tokens else 0.0
        self._request_at = self._token_at = float("-inf")

    @property
    def opens_at(self) -> float:
        """The moment from which the next call may go."""
        return max(self._request_at, self._token_at) - BURST

    def take(self, now: float, tokens: int) -> None:
        """Take note of a call that is sent."""
        self._request_at = max(self._request_at, now) + self._request_seconds
        self._token_at = max(self._token_at, now) + self._token_seconds * tokens

    def give_back(self, tokens: int) -> None:
        """Take note of tokens that were taken and not used; fewer than none were used beyond what was taken."""
        self._token_at -= self._token_seconds * tokens


def total(usage: Usage) -> int:
    """Return the tokens of a call, input and output together."""
    return usage.input + usage.output


def worst_case(case: Case) -> Usage:
    """Return the most tokens that a case may cost: a token is at least one byte of UTF-8."""
    sent = sum(len(message.content.encode()) + FRAME_TOKENS for message in case.messages)
    return Usage(sent, case.parameters.max_tokens or UNBOUNDED)
