"""Tokens a second of the huggingface adapter: ``python benchmarks/batches.py [--prompts N] [--tokens N] [--batch N]``.

Needs `mingjian models pull smollm2-135m-instruct` and the `huggingface` extra. Three ways to the same greedy replies,
in turn: the adapter with concurrent calls; a hand-written loop (prompts sorted by length, one `generate` a batch, left
padding) over the adapter's own model and tokenizer; and the adapter one call at a time. CPU seconds count all threads.
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

from bench import models
from bench.adapters.huggingface import HuggingFaceAdapter
from bench.types import Case, Message, Reply, Sampling

TOPIC = "Explain topic number {i} to a beginner{more}. Keep it short."
MODEL = "smollm2-135m-instruct-hf"


def cases(count: int, tokens: int) -> list[Case]:
    """Return prompts of lengths that differ fourfold."""
    sampling = Sampling(temperature=0, max_tokens=tokens)
    texts = [TOPIC.format(i=i, more=", with one more example" * (i * 7 % 10)) for i in range(count)]
    return [
        Case(key=str(i), suite="s", item=str(i), lang="en", messages=(Message("user", text),), parameters=sampling)
        for i, text in enumerate(texts)
    ]


async def together(adapter: HuggingFaceAdapter, work: list[Case]) -> list[Reply]:
    """Ask as the engine does: as many calls at once as the adapter wants."""
    places = asyncio.Semaphore(adapter.max_in_flight)

    async def one(case: Case) -> Reply:
        async with places:
            return await adapter.generate(case)

    return await asyncio.gather(*(one(case) for case in work))


async def singly(adapter: HuggingFaceAdapter, work: list[Case]) -> list[Reply]:
    return [await adapter.generate(case) for case in work]


def loop_by_hand(engine: Any, work: list[Case], size: int, limit: int) -> list[str]:
    """Return the texts of a batch loop as one writes it over transformers, sorted by length."""
    import torch
    from transformers import GenerationConfig

    model, tokenizer, ends = engine._model, engine._tokenizer, engine._ends
    rows = sorted(((engine.tokens(case.messages, {}), i) for i, case in enumerate(work)), key=lambda row: len(row[0]))
    config = GenerationConfig(max_new_tokens=limit, do_sample=False, eos_token_id=ends, pad_token_id=ends[0])
    texts = [""] * len(work)
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        width = max(len(tokens) for tokens, _ in batch)
        padded = [[ends[0]] * (width - len(tokens)) + list(tokens) for tokens, _ in batch]
        masks = [[0] * (width - len(tokens)) + [1] * len(tokens) for tokens, _ in batch]
        with torch.inference_mode():
            found = model.generate(
                input_ids=torch.tensor(padded), attention_mask=torch.tensor(masks), generation_config=config
            )
        for (_, i), row in zip(batch, found[:, width:].tolist(), strict=True):
            end = next((place for place, token in enumerate(row) if token in ends), len(row))
            texts[i] = tokenizer.decode(row[:end], skip_special_tokens=True)
    return texts


async def compare(arguments: argparse.Namespace) -> None:
    import msgspec

    model = models.load(MODEL)
    model = msgspec.structs.replace(model, options={**model.options, "batch_size": arguments.batch})
    work = cases(arguments.prompts, arguments.tokens)
    costs: dict[str, list[tuple[float, float]]] = {"adapter": [], "by hand": [], "one by one": []}
    texts: dict[str, list[str]] = {}
    async with HuggingFaceAdapter(model) as adapter:
        await together(adapter, work[: arguments.batch])  # warm
        produced = 0
        for _ in range(arguments.rounds):
            for name, measured in costs.items():
                wall, cpu = time.monotonic(), time.process_time()
                if name == "by hand":
                    found = loop_by_hand(adapter._engine, work, arguments.batch, arguments.tokens)
                else:
                    replies = await (together if name == "adapter" else singly)(adapter, work)
                    found = [reply.text for reply in replies]
                    produced = sum(reply.usage.output for reply in replies if reply.usage)
                measured.append((time.monotonic() - wall, time.process_time() - cpu))
                print(json.dumps({"way": name, "wall": measured[-1][0], "cpu": measured[-1][1]}), flush=True)
                texts[name] = found
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in costs.items()}
    speed = {
        name: {"tokens_per_second": produced / wall, "tokens_per_cpu_second": produced / cpu}
        for name, (wall, cpu) in medians.items()
    }
    ratios = {
        f"adapter / {other}": {unit: speed["adapter"][unit] / speed[other][unit] for unit in speed["adapter"]}
        for other in ("by hand", "one by one")
    }
    print(
        json.dumps(
            {"tokens": produced, "same replies": texts["adapter"] == texts["by hand"], **speed, **ratios}, indent=1
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    asyncio.run(compare(parser.parse_args()))


if __name__ == "__main__":
    main()
