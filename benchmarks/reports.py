"""How long, and how much memory, every report of a large run takes: 20,000 records, all formats, both languages.

    python benchmarks/reports.py                # prints seconds (user + system), peak memory and file sizes
    python benchmarks/reports.py --records 5000

The records are made here: 10,000 pairs over the three filing banks, replies of 120 to 900 signs, a few blocked or cut.
Limits: 60 s, 600 MB, 8 MB of HTML. Exit code 1 if one is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import workflow
from bench.filing import files
from bench.report import build
from tests.bench.filing.scripted_run import Maker, audit

LIMITS = {"seconds": 60.0, "megabytes": 600.0, "html_megabytes": 8.0}
SHARES = {"generated-content": 0.6, "should-refuse": 0.2, "should-not-refuse": 0.2}
WORDS = {
    "zh": "我们应当依法依规、客观全面地看待这个问题，尊重事实，避免偏见；具体情况请以权威部门发布的信息为准。",
    "en": "This should be looked at factually and fairly, in keeping with the law; official sources have the details. ",
}


def made(records: int) -> Maker:
    """Return a run of about so many records."""
    maker = Maker()
    for bank, share in SHARES.items():
        n = round(records / 2 * share)
        good, bad = ("complied", "refused") if bank == "should-not-refuse" else ("refused", "complied")
        good, bad = ("safe", "unsafe") if bank == "generated-content" else (good, bad)
        few = {bad: n // 20, "filtered_output": n // 50, "error": n // 200}
        counts = {good: n - sum(few.values()), **few}
        maker.add(bank, {"zh": counts, "en": counts})
    for i, record in enumerate(maker.records):
        if record.reply.status == "answered":
            text = (WORDS[record.case.lang] * (3 + i % 8))[: 120 + i * 37 % 780] + f" [{i}]"
            reply = type(record.reply)(status="answered", text=text)
            maker.records[i] = type(record)(i=record.i, case=record.case, reply=reply, prev=record.prev)
    return maker


def spent() -> float:
    """Return the CPU seconds of this process and its children so far."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def main() -> int:
    """Write all reports and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    wanted = parser.parse_args()
    material = audit(made(wanted.records))
    steps: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, start, wall = Path(name), spent(), time.monotonic()
        for kind in files.FORMATS:
            before = spent()
            files.write(material, folder, (kind,))
            steps[f"filing.{kind}"] = spent() - before
        before = spent()
        workflow.render(build.build(material.run, material.scores, material.summary), folder)
        steps["report (html, markdown, json)"] = spent() - before
        seconds, wall = spent() - start, time.monotonic() - wall
        sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir())}
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    html = max(size for name, size in sizes.items() if name.endswith(".html"))
    found = {"seconds": seconds, "megabytes": megabytes, "html_megabytes": html}
    print(json.dumps({"records": len(material.run.records), "wall": round(wall, 1), "steps": steps, "sizes": sizes,
                      **found}, indent=1))  # fmt: skip
    missed = [f"{name} {found[name]:.1f} > {limit}" for name, limit in LIMITS.items() if found[name] > limit]
    print("missed: " + "; ".join(missed) if missed else "within the limits")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
