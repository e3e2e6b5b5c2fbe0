"""A server that streams although it was not asked to: the events folded into one completion, as far as it came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from bench import strict

_START = (b"data:", b"event:", b":", b"id:", b"retry:")


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    id: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None
    base_resp: dict[str, Any] | None = None
    error: Any = None
    code: str | int | None = None

    @property
    def failed(self) -> bool:
        """Whether the event reports an error."""
        base = self.base_resp is not None and bool(self.base_resp.get("status_code"))
        return bool(self.error) or base or (self.code is not None and self.choices is None)


def streamed(body: bytes) -> bool:
    """Return whether a body is a stream of events."""
    return body.lstrip().startswith(_START)


def fold(body: bytes) -> tuple[bytes, str, bool]:
    """Return the events as one JSON body, the text so far, and whether the stream came to its end.

    An event that reports an error is returned alone, so that it is classified like any other failed body.
    """
    whole: dict[str, Any] = {}
    texts: dict[str, list[str]] = {"content": [], "reasoning": [], "reasoning_content": []}
    finish: str | None = None
    for line, event in _events(body):
        if event is None:
            if finish is None and b'"choices"' in line:
                break  # a part of the answer is lost: what stands around it is not the answer
            continue
        if event.failed:
            return line, "".join(texts["content"]), True
        whole.update({name: value for name in ("id", "model", "usage") if (value := getattr(event, name))})
        for choice in (event.choices or [])[:1]:
            delta = choice.delta or choice.message or _Delta()
            for name, parts in texts.items():
                parts.append(getattr(delta, name) or "")
            finish = choice.finish_reason or finish
    message = {name: "".join(parts) or None for name, parts in texts.items()}
    whole["choices"] = [{"message": message, "finish_reason": finish}]
    return msgspec.json.encode(whole), message["content"] or "", finish is not None


def _events(body: bytes) -> Iterator[tuple[bytes, _Event | None]]:
    """Yield the JSON of each event and the event; None for a cut or foreign one."""
    decoder = msgspec.json.Decoder(_Event)
    for line in body.splitlines():
        if line.startswith(b"data:"):
            data = strict.whole(line[5:].strip())
            try:
                yield data, decoder.decode(data)
            except strict.UNREADABLE:
                yield data, None
