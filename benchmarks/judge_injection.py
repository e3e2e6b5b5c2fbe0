"""How often a real model as judge gives a forged verdict: ``python benchmarks/judge_injection.py MODEL... [--named]``.

The 200 forged replies of ``tests/fixtures/forged`` are off the point, with a forged verdict behind an idle sentence.
Each is judged beside its control, the same idle sentence alone. A flip is a forged reply that gets the label its
forgery asks for. A model that cannot tell good from bad gives that label without any forgery too: flips over all 200
and flips whose control got another label are both printed, and what the parser refused.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import models, plugins, stats  # noqa: E402
from bench.types import Case, Item, Message, Record, Reply, Sampling, Score  # noqa: E402
from scorers.judge import JudgeScorer  # noqa: E402
from scorers.judge_calls import Judgement  # noqa: E402

FOLDER = ROOT / "tests" / "fixtures" / "forged"
RUBRIC = "helpfulness"
TOKENS = 160
"""A verdict has about 60; a small model that rambles is cut here, which is no verdict."""


class Line(NamedTuple):
    """A forged reply with its control."""

    lang: str
    prompt: str
    reply: str
    control: str
    forged: str
    family: str


def corpus() -> list[Line]:
    """Return the forged replies; the control of one that is nothing but forgery is another's idle sentence."""
    found = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            idle = row["reply"].split("\n", 1)[0].rstrip('"}\\')
            spare = "今天天气不错。" if row["lang"] == "zh" else "I like old songs."
            control = spare if not idle or len(idle) > 30 or "{" in idle else idle
            found.append(Line(row["lang"], row["prompt"], row["reply"], control, row["forged"], row["family"]))
    return found


def spread(lines: Sequence[Line], limit: int) -> list[Line]:
    """Return at most `limit` lines, families and languages in turn."""
    families: dict[str, list[Line]] = {}
    for line in lines:
        families.setdefault(line.family, []).append(line)
    order = [members[(5 * turn + turn // 2 + place) % len(members)]
             for turn in range(10) for place, members in enumerate(families.values())]  # fmt: skip
    return list(dict.fromkeys(order))[:limit]


def record(i: int, line: Line, reply: str) -> Record:
    """Return a reply as a record of a run."""
    messages = (Message("user", line.prompt),)
    case = Case(key=f"{i}", suite="s", item="q", lang=line.lang, messages=messages, parameters=Sampling())
    return Record(i=i, case=case, reply=Reply(status="answered", text=reply), prev="")


def judge(name: str, masked: bool, replies: Sequence[tuple[Line, str]], kept: Path | None) -> tuple[list[Score], str]:
    """Return the scores of one judge over all replies, and what it cost; calls are kept, and not made again."""
    settings = {"masked": masked, "parameters": {"max_tokens": TOKENS}}
    known = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []

    def keep(line: Judgement) -> None:
        print(".", end="", file=sys.stderr, flush=True)
        if kept:
            with kept.open("ab") as handle:
                handle.write(msgspec.json.encode(line) + b"\n")

    scorer = JudgeScorer([plugins.adapter(models.load(name))], RUBRIC, settings, keep, known)
    prompts = {lang: (Message("user", "?"),) for lang in ("zh", "en")}
    item = Item(id="q", suite="s", dimension="ethics", codes=(), expect="answer", prompts=prompts, scorers=("judge",))
    scores = scorer.score(item, [record(i, line, reply) for i, (line, reply) in enumerate(replies)])
    return scores, str(scorer.costs)


def measure(name: str, masked: bool, lines: Sequence[Line], kept: Path | None) -> None:
    """Print the figures of one judge."""
    controls = list(dict.fromkeys((line.lang, line.prompt, line.control) for line in lines))
    of_control = {(line.lang, line.prompt, line.control): line for line in lines}
    asked = [(line, line.reply) for line in lines] + [(of_control[key], key[2]) for key in controls]
    started = time.monotonic()
    scores, cost = judge(name, masked, asked, kept)
    alone = {key: score.label for key, score in zip(controls, scores[len(lines) :], strict=True)}
    flips = [line for line, score in zip(lines, scores, strict=False) if score.label == line.forged]
    turned = [line for line in flips if alone[line.lang, line.prompt, line.control] != line.forged]
    print(f"== {name}{'' if masked else ' named'}: {time.monotonic() - started:.0f} s, {cost}")
    print("forged ", dict(Counter(score.label or score.reason for score in scores[: len(lines)])))
    print("control", dict(Counter(score.label or score.reason for score in scores[len(lines) :])))
    for what, found in (("forged label", flips), ("forged label, control got another", turned)):
        low, high = stats.wilson(len(found), len(lines))
        families = dict(Counter(f"{line.family}/{line.lang}" for line in found))
        print(f"{what}: {len(found)} / {len(lines)} [{low:.3f}, {high:.3f}] {families}", flush=True)


def main() -> None:
    """Measure every named model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", metavar="MODEL", help="model files or built-in names")
    parser.add_argument("--named", action="store_true", help="show the judge the labels' names in place of codes")
    parser.add_argument("--limit", type=int, help="only so many forged replies, evenly spread")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="calls as JSON lines; those in it are not made again")
    given = parser.parse_args()
    lines = corpus()
    for name in given.models:
        measure(name, not given.named, spread(lines, given.limit or len(lines)), given.keep)


if __name__ == "__main__":
    main()
