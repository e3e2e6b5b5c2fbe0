"""A server that streams although it was not asked to: the events folded into one completion, as far as it came."""

from __future__ import annotations

from typing import Any

import msgspec

_START = (b"data:", b"event:", b":", b"id:", b"retry:")


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
    for event in _events(body):
        if event.get("error") or ("code" in event and "choices" not in event):
            return msgspec.json.encode(event), "".join(texts["content"]), True
        whole.update({name: event[name] for name in ("id", "model", "usage", "base_resp") if event.get(name)})
        for choice in (event.get("choices") or [])[:1]:
            delta = choice.get("delta") or choice.get("message") or {}
            for name, parts in texts.items():
                parts.append(delta.get(name) or "")
            finish = choice.get("finish_reason") or finish
    message = {name: "".join(parts) or None for name, parts in texts.items()}
    whole["choices"] = [{"message": message, "finish_reason": finish}]
    return msgspec.json.encode(whole), message["content"] or "", finish is not None or _failed(whole)


def _failed(whole: dict[str, Any]) -> bool:
    base = whole.get("base_resp")
    return isinstance(base, dict) and bool(base.get("status_code"))


def _events(body: bytes) -> list[dict[str, Any]]:
    """Return the complete events; a cut or foreign line is left out."""
    found = []
    for line in body.splitlines():
        if not line.startswith(b"data:"):
            continue
        try:
            event = msgspec.json.decode(line[5:].strip())
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(event, dict):
            found.append(event)
    return found
