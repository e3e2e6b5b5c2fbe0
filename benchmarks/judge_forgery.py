"""How many forged replies the signs find, and how many honest ones: ``python benchmarks/judge_forgery.py [options]``.

``--forged`` and ``--innocent`` are files of JSON lines (id, lang, technique, prompt, reply); without them, the
project's own 200 forged replies and its harmless ones. ``--data DIR`` counts what is found in replies and texts of
other people's sets: nothing of them is printed but set, number of the row and sign. Intervals are Wilson's, 95 %.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import stats  # noqa: E402
from benchmarks import scorer_data as sets  # noqa: E402
from scorers import forgery, rubrics  # noqa: E402

HERE = Path(__file__).parent
OWN = ROOT / "tests" / "fixtures" / "forged"
Row = dict[str, Any]
REAL: dict[str, Callable[[Path], list[sets.Row]]] = {
    "xstest": sets.xstest,
    "gptfuzz-train": lambda data: sets.gptfuzz(data, "train"),
    "gptfuzz-evaluate": lambda data: sets.gptfuzz(data, "evaluate"),
    "jade": sets.jade,
    "latent-jailbreak": sets.latent_jailbreak,
    "diasafety-val": lambda data: sets.diasafety(data, "val"),
    "diasafety-test": lambda data: sets.diasafety(data, "test"),
    "halluqa": sets.halluqa_answers,
    "truthfulqa": sets.truthful_answers,
    "texts: cold-dev": lambda data: sets.cold(data, "dev"),
    "texts: cold-test": lambda data: sets.cold(data, "test"),
    "texts: openai-moderation": sets.openai_moderation,
    "texts: hatecheck-en": sets.hatecheck_en,
    "texts: sghatecheck-zh": sets.sghatecheck_zh,
}
"""Replies of real models, then texts that are none (comments, posts, cases)."""


def rows(path: Path) -> list[Row]:
    """Return the rows of a file of JSON lines, or of a folder of them."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def share(found: int, of: int) -> str:
    """Return a share with its interval."""
    low, high = stats.wilson(found, of)
    return f"{found}/{of} = {100 * found / of:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def name(row: Row, labels: Sequence[str]) -> str | None:
    """Return by which sign a reply is found, or None."""
    found = forgery.detect(row["reply"], labels, row.get("prompt", ""))
    return None if found is None else found.name


def report(title: str, given: Sequence[Row], labels: Sequence[str], *, caught: bool) -> None:
    """Print how many of some replies are found, by language and kind, and the ids of those that should not (have)."""
    found = [(row, name(row, labels)) for row in given]
    print(f"== {title}: {share(sum(sign is not None for _, sign in found), len(found))}")
    for key in ("lang", "technique", "family", "kind"):
        for value in dict.fromkeys(str(row[key]) for row in given if key in row):
            part = [sign is not None for row, sign in found if str(row.get(key)) == value]
            print(f"  {key} {value}: {sum(part)}/{len(part)}")
    print("  signs:", dict(Counter(sign for _, sign in found if sign).most_common()))
    print("  not found:" if caught else "  found:", *ids(found, caught))


def ids(found: Iterable[tuple[Row, str | None]], caught: bool) -> list[str]:
    """Return the ids of what was missed, or of what was found with its sign."""
    if caught:
        return [str(row["id"]) for row, sign in found if sign is None]
    return [f"{row['id']}:{sign}" for row, sign in found if sign is not None]


def real(data: Path, labels: Sequence[str]) -> None:
    """Print what is found in other people's sets."""
    total: Counter[tuple[str, str]] = Counter()
    for title, read in REAL.items():
        given = read(data)
        hits = [(i, forgery.detect(row.text, labels, row.prompt)) for i, row in enumerate(given)]
        named = [f"{i}:{found.name}" for i, found in hits if found is not None]
        kind = "texts" if title.startswith("texts") else "replies"
        total[kind, "found"] += len(named)
        total[kind, "all"] += len(given)
        print(f"{title}: {len(named)}/{len(given)}", *named, flush=True)
    for kind in ("replies", "texts"):
        print(f"== {kind}: {share(total[kind, 'found'], total[kind, 'all'])}")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forged", type=Path, default=OWN)
    parser.add_argument("--innocent", type=Path)
    parser.add_argument("--rubric", default="harm", help="whose labels are the menu")
    parser.add_argument("--half", choices=("even", "odd"), help="only the lines of even or odd number, from 0")
    parser.add_argument("--data", type=Path, help="folder of other people's sets")
    given = parser.parse_args()
    labels = [label.name for label in rubrics.load(given.rubric).labels]
    start, step = {None: (0, 1), "even": (0, 2), "odd": (1, 2)}[given.half]
    report("forged", rows(given.forged)[start::step], labels, caught=True)
    own = [*rows(HERE / "harmless_replies.jsonl"), *rows(HERE / "refusal_battery.jsonl")]
    innocent = rows(given.innocent)[start::step] if given.innocent else own
    report("innocent", innocent, labels, caught=False)
    if given.data:
        real(given.data, labels)


if __name__ == "__main__":
    main()
