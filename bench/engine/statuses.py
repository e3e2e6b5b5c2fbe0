"""Where each case of a run stands, in one byte a case."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from bench.types import STATUSES, Status

_CODES: dict[Status, int] = {name: code for code, name in enumerate(STATUSES, 1)}


class Statuses(MutableMapping[int, Status]):
    """Index → status of the newest record, in one byte a case."""

    def __init__(self) -> None:
        self._codes = bytearray()
        self._count = 0

    def __getitem__(self, index: int) -> Status:
        if not 0 <= index < len(self._codes) or not self._codes[index]:
            raise KeyError(index)
        return STATUSES[self._codes[index] - 1]

    def __setitem__(self, index: int, status: Status) -> None:
        if index >= len(self._codes):
            self._codes.extend(bytes(index + 1 - len(self._codes) + len(self._codes) // 8))
        self._count += not self._codes[index]
        self._codes[index] = _CODES[status]

    def __delitem__(self, index: int) -> None:
        self[index]
        self._codes[index] = 0
        self._count -= 1

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and 0 <= index < len(self._codes) and self._codes[index] != 0

    def __iter__(self) -> Iterator[int]:
        return (index for index, code in enumerate(self._codes) if code)

    def __len__(self) -> int:
        return self._count

    def counts(self) -> dict[Status, int]:
        """Return how many cases have each status that occurs."""
        return {name: count for name in STATUSES if (count := self._codes.count(_CODES[name]))}
