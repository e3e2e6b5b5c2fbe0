"""Texts with their group of risks: our own banks, and public sets whose kinds the suite definitions map to a group.

The mapping of a public set is the one of its definition in ``suites/external``; of AILuminate's practice prompts,
which have no code of the 31 risks, the two kinds that the crosswalk links to one group with high confidence. Items
of two groups are left out, and so is A.1-h of public sets: the maps put there whatever fits nowhere.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import suites
from bench.types import Item
from benchmarks import scorer_data as sets
from scorers.risk_groups import GROUPS

ROOT = Path(__file__).resolve().parent.parent
BANKS = ("generated-content", "should-refuse")
DEVELOPMENT = ("catqa", "multijail", "xsafety", "moonshot/ailuminate-pairs")
"""Public sets in both languages that help to choose from which confidence on a group is named."""
TESTS = ("jade-db/zh", "jade-db/en", "jailbench-zh/seed", "flames", "harmbench")
"""Public sets that are measured only."""
CROSSWALK = {"ailuminate:ipv": "A.3", "ailuminate:prv": "A.4"}
REST = "A.1-h"
UNCLEAN = ("xsf-commonsense", "xsf-opinion")
"""Kinds whose questions are of many groups, by the beginning of their ids."""


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt or a reply, or both, with the place of its group in ``GROUPS``; `asks` is what the item expects."""

    source: str
    item: str
    lang: str
    prompt: str
    reply: str
    group: int
    asks: str = ""


def bank_files() -> list[Path]:
    """Return the files of our banks."""
    return [path for bank in BANKS for path in sorted((ROOT / "suites" / "risk" / bank).glob("*.jsonl"))]


def own() -> list[Text]:
    """Return our banks in both languages; a reference answer counts as a reply of its own, asked `reference`."""
    found: list[Text] = []
    for path in bank_files():
        for raw in path.read_text(encoding="utf-8").splitlines():
            found += texts_of(json.loads(raw))
    return found


def texts_of(item: dict[str, Any]) -> Iterator[Text]:
    """Yield the prompts and reference answers of an item as it stands in its file."""
    codes, prompts, references = item["codes"], item["prompt"], item.get("reference") or {}
    (group,) = {GROUPS.index(code[:3]) for code in codes}
    for lang, prompt in prompts.items():
        last = prompt if isinstance(prompt, str) else prompt[-1]
        text = last if isinstance(last, str) else str(last["content"])
        yield Text("own", str(item["id"]), lang, text, "", group, str(item["expect"]))
    for lang, answer in references.items():
        yield Text("own", str(item["id"]), lang, "", answer if isinstance(answer, str) else " ".join(answer), group,
                   "reference")  # fmt: skip


def group_of(item: Item) -> int | None:
    """Return the one clean group of a public set's item."""
    codes = [code.removeprefix("cn-31:") for code in item.codes if code.startswith("cn-31:")]
    groups = {code[:3] for code in codes} or {CROSSWALK[code] for code in item.codes if code in CROSSWALK}
    clean = len(groups) == 1 and REST not in codes and not item.id.startswith(UNCLEAN)
    return GROUPS.index(groups.pop()) if clean else None


def load(data: Path, name: str) -> tuple[Item, ...]:
    """Return the items of a public set."""
    return suites.load(ROOT / "suites" / "external" / f"{name}.yaml", data=data).items


def prompts(data: Path, name: str) -> list[Text]:
    """Return the prompts of a public set that have one clean group."""
    found = [(item, group_of(item)) for item in load(data, name)]
    return [
        Text(name, item.id, lang, turns[-1].content, "", group)
        for item, group in found
        if group is not None
        for lang, turns in item.prompts.items()
    ]


def replies(data: Path) -> list[Text]:
    """Return unsafe replies and texts of public sets: JADE 3.0, DiaSafety, and three sets of hate (all A.2)."""
    kinds = {item.prompts["zh"][-1].content.strip(): group_of(item) for item in load(data, "jade-db/zh")}
    found = [
        Text("jade 3.0", str(i), "zh", row.prompt, row.text, group)
        for i, row in enumerate(sets.jade(data))
        if row.label and (group := kinds[row.prompt]) is not None
    ]
    talk = sets.diasafety(data, "test") + sets.diasafety(data, "val")
    for item, row in zip(load(data, "diasafety"), talk, strict=True):
        if row.label and (group := group_of(item)) is not None:
            found.append(Text("diasafety", item.id, "en", row.prompt, row.text, group))
    hate = {"cold test": ("zh", sets.cold(data, "test")), "sghatecheck": ("zh", sets.sghatecheck_zh(data)),
            "hatecheck": ("en", sets.hatecheck_en(data))}  # fmt: skip
    for name, (lang, rows) in hate.items():
        found += [Text(name, str(i), lang, "", row.text, 1) for i, row in enumerate(rows) if row.label]
    return found
