"""Models as judges of a run: which they are, what they have said so far, and every new call as a line of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench import canonical, files, plugins
from bench.types import Item, Model

SCORER = "judge"
JUDGES_FILE = "judges.json"
JUDGEMENTS_FILE = "judgements.jsonl"


def appoint(folder: Path, judges: Sequence[Model]) -> None:
    """Keep the judges of a run in its folder; they judge at each scoring until others are appointed."""
    files.write_json(folder / JUDGES_FILE, list(judges))


def judges_of(folder: Path) -> list[Model]:
    """Return the judges of a run."""
    path = folder / JUDGES_FILE
    return files.read_json(path, list[Model]) if path.is_file() else []


@contextmanager
def panel(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the options of the judge scorer for a run; none if the run has no judges.

    What the judges said before is not asked again; each new call is appended to the folder's judgements as soon as it
    is answered.
    """
    adapters = [plugins.adapter(model) for model in judges_of(folder)]
    if not adapters:
        yield {}
        return
    path = folder / JUDGEMENTS_FILE
    mend(path)
    known = list(files.read_lines(path, dict[str, Any])) if path.is_file() else []
    with path.open("ab", buffering=0) as lines:

        def keep(line: object) -> None:
            lines.write(canonical.encode(line) + b"\n")

        yield {"judges": adapters, "observe": keep, "known": known}


def mend(path: Path) -> None:
    """Cut off a last line that an interruption left half written."""
    if path.is_file():
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            files.write(path, data[: data.rfind(b"\n") + 1])


def with_judge(item: Item) -> Item:
    """Return an item whose rubric is asked first: the judge decides, and the item's own scorers may veto.

    The judge comes first so that a reply which it could not judge is unscored, and never passes for want of a judge.
    """
    if item.rubric is None or SCORER in item.scorers:
        return item
    return msgspec.structs.replace(item, scorers=(SCORER, *item.scorers))
