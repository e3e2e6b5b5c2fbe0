"""What the engine costs: ``python benchmarks/engine.py --server MOCK_SERVER.py [SCENE ...]``; see benchmarks/README.md.

Every figure is of a whole process, as the kernel counts it: wall seconds, CPU seconds (user and system), peak RSS.
`bare` lines are an aiohttp loop that sends the same requests, scores by string match, writes a line an answer, and does
nothing else: what an ordinary script costs. The first run on a machine compiles (Python byte code, refusal cues, report
templates) and keeps that for later ones, so medians are of warm runs; an empty MINGJIAN_CACHE shows the cold one.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

EN = (
    "Item {i:07d}. Explain step by step how one approaches topic {t}, what could go wrong, and which precautions "
    "matter most. Keep it short."
)
ZH = "第{i:07d}题。请逐步说明应当如何处理主题{t}、可能出现哪些问题，以及最重要的注意事项是什么。请简要回答。"
SUITE = """suite: benchmark.engine
title: {zh: 引擎测量, en: Engine measurement}
version: 1-A
dimension: risk
languages: [zh, en]
licence: CC0-1.0
updated: 2026-11-28
taxonomy: cn-31
defaults: {expect: refuse, scorer: refusal, codes: [A.1-a]}
items: items.jsonl
"""
FAULTS = {
    "p429": 0.05,
    "p500": 0.02,
    "pbadjson": 0.01,
    "pbadutf8": 0.01,
    "preset": 0.01,
    "ptrunc": 0.01,
    "pslow": 0.002,
    "slow_s": 10.0,
}
TIMEOUT = 120.0
"""Seconds for a reply, as the adapter has it by itself."""
NO_FAULTS = {**dict.fromkeys(FAULTS, 0.0), "slow_s": 10.0}
SCENES = ("start", "small", "large", "faults", "many")
MARKS = ("I'm sorry, but I can't", "抱歉")


class Cost(NamedTuple):
    """What one process cost. MB are 1024 · 1024 bytes."""

    code: int
    wall: float
    cpu: float
    rss: float


def measure(command: list[str], log: Path) -> Cost:
    """Run a command to its end with its output in a file, and return its cost."""
    started = time.monotonic()
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
    actions = [(os.POSIX_SPAWN_OPEN, handle, log, flags, 0o644) for handle in (1, 2)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = os.posix_spawn(command[0], command, environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - started
    return Cost(os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Mock:
    """The mock endpoint: `base` is its address without a path."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/").removesuffix("/v1")

    def call(self, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if content is None else json.dumps(content).encode()
        with urllib.request.urlopen(self.base + path, data, timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def prepare(self, latency: float, faults: dict[str, float]) -> None:
        self.call("/config", {"latency_ms": latency, **faults})
        self.call("/reset", {})


@contextmanager
def mock(arguments: argparse.Namespace, folder: Path) -> Iterator[Mock]:
    """Give the running endpoint, or start the one whose script was named and end it afterwards."""
    if arguments.url:
        yield Mock(arguments.url)
        return
    port = folder / "port"
    server = subprocess.Popen([sys.executable, arguments.server, "--port-file", port], stdout=subprocess.DEVNULL)
    try:
        while not port.exists():
            if server.poll() is not None:
                sys.exit("the mock endpoint did not start")
            time.sleep(0.05)
        yield Mock(f"http://127.0.0.1:{port.read_text()}")
    finally:
        server.terminate()
        server.wait()


def write_suite(folder: Path, cases: int) -> Path:
    """Write a suite of `cases` prompts, half Chinese and half English, and return it."""
    place = folder / f"suite-{cases}"
    place.mkdir(exist_ok=True)
    with (place / "items.jsonl").open("w", encoding="utf-8") as lines:
        for i in range(max(1, cases // 2)):
            prompt = {"zh": ZH.format(i=i, t=i * 7919 % 1009), "en": EN.format(i=i, t=i * 7919 % 1009)}
            lines.write(json.dumps({"id": f"it-{i:07d}", "prompt": prompt}, ensure_ascii=False) + "\n")
    (place / "suite.yaml").write_text(SUITE, encoding="utf-8")
    return place / "suite.yaml"


def write_model(folder: Path, server: Mock, width: int, timeout: float) -> Path:
    path = folder / f"model-{width}-{timeout:g}.yaml"
    path.write_text(
        f"model: mock\nadapter: openai\nname: mock\nbase_url: {server.base}/v1\n"
        "parameters: {temperature: 0, max_tokens: 64}\n"
        f"options: {{max_in_flight: {width}, timeout: {timeout:g}}}\n",
        encoding="utf-8",
    )
    return path


class Bench:
    """Runs scenes and prints a line for each measured process."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, server: Mock) -> None:
        self.arguments = arguments
        self.folder = folder
        self.server = server
        self.log = folder / "log.txt"
        self._numbers = itertools.count()

    def show(self, scene: str, who: str, cost: Cost, **facts: object) -> Cost:
        row = {"scene": scene, "who": who, **cost._asdict(), **facts}
        print(json.dumps({name: round(v, 3) if isinstance(v, float) else v for name, v in row.items()}), flush=True)
        return cost

    def mingjian(self, *words: object) -> Cost:
        return measure([sys.executable, "-m", "bench", *map(str, words)], self.log)

    def new(self) -> Path:
        return self.folder / f"out-{next(self._numbers)}"

    def run(self, scene: str, cases: int, width: int, timeout: float = TIMEOUT) -> Cost:
        """Measure one whole run: planned, asked, journalled, scored and summed up; then what came of it."""
        suite, out = write_suite(self.folder, cases), self.new()
        model = write_model(self.folder, self.server, width, timeout)
        formats = self.arguments.formats
        cost = self.mingjian("run", suite, "--model", model, "--out", out, "--format", formats)
        return self.show(scene, "mingjian", cost, formats=formats, **self.outcome(next(out.iterdir())))

    def outcome(self, run: Path) -> dict[str, object]:
        """Return the run's own accounting, and what the endpoint counted."""
        command = [sys.executable, "-m", "bench", "status", str(run), "--json"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        sent = self.server.call("/stats")
        own = {name: found[name] for name in ("planned", "finished", "scored", "unscored")}
        asked = {
            "requests": sent["requests"],
            "prompts": sent["distinct_prompts"],
            "lost": sent["prompts_never_answered"],
        }
        return {**own, "errors": found["statuses"].get("error", 0), **asked}

    def bare(self, scene: str, cases: int, width: int) -> Cost:
        suite = write_suite(self.folder, cases)
        words = [self.server.base, str(suite.parent / "items.jsonl"), str(width), str(self.folder / "bare.jsonl")]
        return self.show(scene, "bare", measure([sys.executable, __file__, "bare", *words], self.log))

    def start(self) -> None:
        self.server.prepare(0, NO_FAULTS)
        for _ in range(self.arguments.rounds):
            self.run("start", 2, 1)

    def small(self) -> None:
        self.compare("small", 2_000, 64, 50.0)

    def large(self) -> None:
        self.compare("large", 20_000, 256, 50.0)

    def compare(self, scene: str, cases: int, width: int, latency: float) -> None:
        """Measure the bare loop and ourselves in turn, and print the medians and their ratio."""
        bare, ours = [], []
        for _ in range(self.arguments.rounds):
            for who, costs in ((self.bare, bare), (self.run, ours)):
                self.server.prepare(latency, NO_FAULTS)
                costs.append(who(scene, cases, width))
        cpu, limit = (statistics.median(one.cpu for one in costs) for costs in (ours, bare))
        wall, rss = (statistics.median(getattr(one, name) for one in ours) for name in ("wall", "rss"))
        ideal = cases / width * latency / 1000
        facts = {"cpu": cpu, "bare_cpu": limit, "ratio": cpu / limit, "wall": wall, "ideal_wall": ideal, "rss": rss}
        print(json.dumps({"scene": scene, "who": "median", **{name: round(v, 3) for name, v in facts.items()}}))

    def faults(self) -> None:
        """Measure without faults and with them; then a stalled reply is asked for again after 5 s."""
        cases = self.arguments.cases or 20_000
        for name, faults, timeout in (
            ("faultless", NO_FAULTS, TIMEOUT),
            ("faults", FAULTS, TIMEOUT),
            ("faults, timeout 5", FAULTS, 5.0),
        ):
            self.server.prepare(50, faults)
            self.run(name, cases, 256, timeout)

    def many(self) -> None:
        """Measure the asking alone of few and of many cases (the few, again and again), and a resume of the many."""
        few, many = 20_000, self.arguments.cases or 1_000_000
        suite, model = write_suite(self.folder, few), write_model(self.folder, self.server, 256, TIMEOUT)
        for epochs in (1, many // few):
            self.server.prepare(0, NO_FAULTS)
            plan = self.new()
            made = self.mingjian(*("plan", suite, "--model", model, "--shards", 1, "--epochs", epochs, "--out", plan))
            self.show("many", "plan", made, cases=few * epochs)
            cost = self.mingjian("run", plan, "--shard", 0)
            self.show("many", "ask", cost, cases=few * epochs, per_second=few * epochs / cost.wall)
        self.show("many", "resume", self.mingjian("run", plan, "--shard", 0), cases=few * epochs)


async def bare(base: str, items: str, width: int, out: str) -> None:
    """Send every prompt of a file and write a line an answer: aiohttp and the standard library, nothing more."""
    import aiohttp

    def prompts() -> Iterator[tuple[str, str]]:
        with open(items, encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                yield from ((item["id"], prompt) for prompt in item["prompt"].values())

    work = prompts()
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    with open(out, "wb", buffering=1 << 20) as kept:
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def worker() -> None:
                for name, prompt in work:
                    turns = [{"role": "user", "content": prompt}]
                    body = {"model": "mock", "messages": turns, "temperature": 0, "max_tokens": 64}
                    sent = json.dumps(body, ensure_ascii=False).encode()
                    async with session.post(f"{base}/v1/chat/completions", data=sent) as reply:
                        found = json.loads(await reply.read())
                    text = found["choices"][0]["message"]["content"]
                    refused = any(mark in text for mark in MARKS)
                    row = {"id": name, "prompt": prompt, "output": text, "refusal": refused, "usage": found["usage"]}
                    kept.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

            await asyncio.gather(*(worker() for _ in range(width)))


def main() -> None:
    if sys.argv[1:2] == ["bare"]:
        base, items, width, out = sys.argv[2:]
        asyncio.run(bare(base, items, int(width), out))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"{', '.join(SCENES)}; all if none is named")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", help="script of a mock endpoint, which is started and ended here")
    where.add_argument("--url", help="address of a mock endpoint that runs already")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, help="cases of `faults` and `many`, instead of 20,000 and 1,000,000")
    parser.add_argument("--formats", default="", help="report formats to write; none by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenes) - set(SCENES):
        parser.error(f"no such scene: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as name, mock(arguments, Path(name)) as server:
        bench = Bench(arguments, Path(name), server)
        for scene in arguments.scenes or SCENES:
            getattr(bench, scene)()


if __name__ == "__main__":
    main()
