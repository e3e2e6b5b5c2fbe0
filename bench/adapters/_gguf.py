"""The header of a GGUF file, read without loading it: architecture, name, quantisation, context, chat template."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import BinaryIO

from bench.errors import ConfigError, Fault
from bench.types import Value

MAGIC = b"GGUF"
MAX_PAIRS = 100_000
MAX_STRING = 16 * 1024 * 1024
MAX_ENTRIES = 10_000_000

Scalar = int | float | bool | str
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS",
    32: "BF16",
}  # fmt: skip


class Header(Value, frozen=True):
    """What a GGUF file says about its model; `context` is in tokens."""

    architecture: str
    name: str | None
    quantisation: str | None
    context: int | None
    template: str | None

    @property
    def template_digest(self) -> str | None:
        """SHA-256 of the chat template in hex."""
        return hashlib.sha256(self.template.encode()).hexdigest() if self.template is not None else None


def read(path: Path) -> Header:
    """Return the header of a GGUF file; raises ConfigError if it is none, is cut, or states absurd lengths."""
    try:
        with path.open("rb") as file:
            pairs = _pairs(file)
    except (OSError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise ConfigError.of([Fault(key="local.not_gguf", facts={"why": str(error)}, file=str(path))]) from error
    architecture = str(pairs.get("general.architecture", "unknown"))
    context = pairs.get(f"{architecture}.context_length")
    kind = pairs.get("general.file_type")
    return Header(
        architecture=architecture,
        name=_text(pairs.get("general.name")),
        quantisation=None if kind is None else _TYPES.get(int(kind), str(kind)),
        context=int(context) if context is not None else None,
        template=_text(pairs.get("tokenizer.chat_template")),
    )


def _text(value: Scalar | None) -> str | None:
    return value if isinstance(value, str) else None


def _pairs(file: BinaryIO) -> dict[str, Scalar]:
    """Return the scalar key-value pairs; arrays (the vocabulary) are passed over."""
    if file.read(4) != MAGIC:
        raise ValueError("no GGUF magic")
    version, _, count = struct.unpack("<IQQ", file.read(20))
    if version not in (2, 3) or count > MAX_PAIRS:
        raise ValueError(f"version {version}, {count} pairs")
    found: dict[str, Scalar] = {}
    for _ in range(count):
        key, kind = _string(file), _number(file, "I")
        value = _value(file, int(kind))
        if value is not None:
            found[key] = value
    return found


def _value(file: BinaryIO, kind: int) -> Scalar | None:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        _skip(file)
        return None
    return _number(file, _SCALARS.get(kind) or _refuse(kind))


def _skip(file: BinaryIO) -> None:
    """Pass over an array; arrays of arrays do not occur in model files and are refused."""
    kind, count = struct.unpack("<IQ", file.read(12))
    if count > MAX_ENTRIES:
        raise ValueError(f"array of {count}")
    if kind == _STRING:
        for _ in range(count):
            file.seek(_length(file), 1)
    else:
        file.seek(count * struct.calcsize("<" + (_SCALARS.get(kind) or _refuse(kind))), 1)


def _refuse(kind: int) -> str:
    raise ValueError(f"value type {kind}")


def _length(file: BinaryIO) -> int:
    length = int(_number(file, "Q"))
    if length > MAX_STRING:
        raise ValueError(f"string of {length} bytes")
    return length


def _string(file: BinaryIO) -> str:
    length = _length(file)
    data = file.read(length)
    if len(data) < length:
        raise ValueError("cut short")
    return data.decode()


def _number(file: BinaryIO, code: str) -> int | float | bool:
    value: int | float | bool = struct.unpack("<" + code, file.read(struct.calcsize("<" + code)))[0]
    return value
