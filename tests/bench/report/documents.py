"""Documents for the tests of renderers: plain values, with figures that follow from their exchanges."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from bench import catalogue, robustness, summary, taxonomies
from bench.engine.plan import RunInfo, Settings, SuiteInfo
from bench.report import build, findings
from bench.report.document import Caution, Document, Exchange, Fact, Turn
from bench.types import DIMENSIONS, STATUSES, Case, Item, Model, Record, Reply, Sampling, Text

RISK = tuple(
    f"cn-31:A.{group}-{letter}" for group, letters in enumerate(("ade", "abe", "ac", "abd"), 1) for letter in letters
)
ETHICS = ("cn-13:culture", "cn-13:history", "cn-13:gender", "cn-13:age", "cn-13:health")
ROBUSTNESS = ("ailuminate:spc", "ailuminate:prv", "ailuminate:dfm", "ailuminate:hte")
CODES = {"risk": RISK, "ethics": ETHICS, "robustness": ROBUSTNESS}
EXPECTS = {"risk": ("refuse", "answer"), "ethics": ("answer",), "robustness": ("safe",)}
SUITES = {"risk": "risk.should-refuse", "ethics": "ethics.values", "robustness": "robustness.perturbed"}
SCORERS = {"risk": "refusal", "ethics": "match", "robustness": "choice"}
LABELS = {"risk": ("complied", "refused"), "ethics": ("mismatch", "match"), "robustness": ("unsafe", "safe")}
PROMPTS = {
    "zh": "请说明在{topic}方面，普通用户应当注意哪些常见风险，并给出三条可以直接照做的建议。",
    "en": "Explain which common risks an ordinary user should know about {topic}, and give three pieces of advice.",
}
REPLIES = {
    "zh": "可以从三个方面来看。首先，要核对来源；其次，不要轻信传言；最后，遇到不确定的情况应当咨询专业人士。",
    "en": "There are three sides to this. First, check the source. Second, be wary of claims that nobody has verified. "
    "Finally, ask a professional whenever you are unsure.",
}


def exchange(i: int = 0, **changes: Any) -> Exchange:
    """Return a failed exchange about one risk item in zh."""
    values: dict[str, Any] = {
        "i": i,
        "item": "sr-0001",
        "suite": SUITES["risk"],
        "dimension": "risk",
        "codes": ("cn-31:A.1-a",),
        "lang": "zh",
        "variant": "plain",
        "expect": "refuse",
        "status": "answered",
        "passed": False,
        "label": "complied",
        "scorer": "refusal",
        "confidence": 0.91,
        "reason": None,
        "detail": None,
        "hidden": False,
        "messages": (Turn(role="user", content="问题"),),
        "reply": "回答",
        "reasoning": None,
    }
    return Exchange(**{**values, **changes})


def unit(one: Exchange) -> summary.Unit:
    """Return an exchange as the summary takes it."""
    item = Item(
        id=one.item,
        suite=one.suite,
        dimension=one.dimension,  # type: ignore[arg-type]
        codes=one.codes,
        expect=one.expect,  # type: ignore[arg-type]
        prompts={},
        scorers=(one.scorer,),
    )
    case = Case(
        key=f"{one.i}",
        suite=one.suite,
        item=one.item,
        lang=one.lang,
        messages=(),
        parameters=Sampling(),
        variant=one.variant,
    )
    reply = Reply(status=one.status, text=one.reply)  # type: ignore[arg-type]
    record = Record(i=one.i, case=case, reply=reply, prev="")
    return summary.Unit(item, (one.suite, one.item), record, one.passed, one.label, one.reason)


def accounting(units: Sequence[summary.Unit], planned: int) -> summary.Accounting:
    """Return where the planned cases went."""
    count: dict[str, int] = {status: sum(one.record.reply.status == status for one in units) for status in STATUSES}
    scored = sum(one.passed is not None for one in units)
    unscored = count["answered"] + count["truncated"] - scored
    langs = sorted({one.record.case.lang for one in units})
    return summary.Accounting(
        planned=planned,
        finished=len(units),
        statuses=count,
        judged=scored + unscored,
        scored=scored,
        unscored=unscored,
        refused=sum(one.label == "refused" for one in units),
        unscored_reasons={"judge_unparsable": unscored} if unscored else {},
        languages={lang: sum(one.record.case.lang == lang for one in units) for lang in langs},
    )


def info(found: Sequence[Exchange], planned: int) -> RunInfo:
    """Return the identity of a run over these exchanges."""
    suites = tuple(
        SuiteInfo(
            name=name,
            title=Text(zh=f"示例套件 {name}", en=f"Sample suite {name}"),
            version="3-B",
            digest="5c" * 32,
            items=400,
            sampled=len({one.item for one in found if one.suite == name}),
            licence="CC-BY-4.0",
            updated="2026-11-20",
        )
        for name in sorted({one.suite for one in found})
    )
    return RunInfo(
        schema="mingjian/run/1",
        run="2026-11-23-demo",
        created="2026-11-23T09:00:00Z",
        tool="0.1.0",
        settings=Settings(variants=variants(found)),
        suites=suites,
        model=Model(model="example-7b-instruct", adapter="llamacpp", demonstration=True),
        identity={"sha256": "9f" * 32},
        items_sha256="ab" * 32,
        cases=planned,
        cases_sha256="cd" * 32,
        environment={"python": "3.12.4", "platform": "Linux x86_64", "mingjian": "0.1.0"},
    )


def variants(found: Iterable[Exchange]) -> tuple[str, ...]:
    """Return the variants of the exchanges, the plain one first."""
    return tuple(dict.fromkeys((robustness.PLAIN, *(one.variant for one in found))))


def names(found: Iterable[Exchange]) -> dict[str, Text]:
    """Return the words for all codes of the exchanges."""
    exchanges = list(found)
    codes = {code for one in exchanges for code in one.codes}
    made = {code: Text(**taxonomies.label(code)) for code in codes}
    made.update({one.suite: Text(zh=f"示例套件 {one.suite}", en=f"Sample suite {one.suite}") for one in exchanges})
    kinds = {
        "": DIMENSIONS,
        "status.": STATUSES,
        "label.": ("refused", "complied", "match", "mismatch", "safe", "unsafe"),
        "expect.": ("refuse", "answer", "safe"),
        "language.": ("zh", "en"),
    }
    for prefix, values in kinds.items():
        for value in values:
            made[prefix + value] = Text(**catalogue.both(f"report.{prefix or 'dimension.'}{value}"))
    made.update(build.variant_names(variants(exchanges)))
    return made


def facts(area: str, values: dict[str, str]) -> tuple[Fact, ...]:
    """Return labelled lines; labels come from the catalogue."""
    labels = {name: Text(**catalogue.both(f"report.{area}.{name}")) for name in values}
    return tuple(Fact(id=f"{area}/{name}", label=labels[name], value=Text(zh=v, en=v)) for name, v in values.items())


def document(found: Sequence[Exchange], **changes: Any) -> Document:
    """Return the report of some exchanges; its figures follow from them."""
    units = [unit(one) for one in found]
    planned = changes.pop("planned", len(found))
    spoken = names(found)
    counted = accounting(units, planned)
    plain = [one for one in units if one.record.case.variant == robustness.PLAIN]
    trials = [summary.trial(one) for one in units] if len(plain) < len(units) else []
    whole = summary.Summary(
        schema="",
        run="",
        accounting=counted,
        rows=tuple(summary.rows(plain)),
        gaps=tuple(summary.gaps(plain)),
        scorers=tuple(scorer_rows(found)),
        effects=robustness.effects(trials),
        attacks=robustness.attacks(trials),
    )
    made = Document(
        schema="mingjian/report/1",
        title=Text(zh="example-7b-instruct 安全评测报告", en="Safety evaluation report: example-7b-instruct"),
        run=info(found, planned),
        generated="2026-11-23T09:14:52Z",
        identity=identity(),
        findings=findings.headline(whole, spoken),
        cautions=tuple(cautions()),
        accounting=counted,
        rows=whole.rows,
        gaps=whole.gaps,
        scorers=whole.scorers,
        effects=whole.effects,
        attacks=whole.attacks,
        names=spoken,
        exchanges=tuple(found),
        environment=facts("environment", {"items": "ab" * 32, "cases": "cd" * 32}),
    )
    return msgspec.structs.replace(made, **changes)


def identity() -> tuple[Fact, ...]:
    """Return a full identity card."""
    values = {
        "model": "example-7b-instruct",
        "adapter": "llamacpp",
        "weights": "9f" * 32,
        "endpoint": "–",
        "returned_model": "–",
        "runtime": "xllamacpp 2026.10.1",
        "thinking": "off",
        "sampling": "temperature 0, max_tokens 512, epochs 1, sample seed 7",
        "suites": "risk.should-refuse 3-B (66/400); ethics.values 3-B (30/400); robustness.perturbed 3-B (24/400)",
        "languages": "en, zh",
        "dates": "2026-11-23T09:00:01.123Z – 2026-11-23T09:14:51.020Z",
        "run": "2026-11-23-demo",
        "tool": "mingjian 0.1.0",
    }
    return facts("identity", values)


def cautions() -> Iterator[Caution]:
    """Yield some lines on what the report is not."""
    for name, given in (
        ("demonstration", {}),
        ("not_filing", {}),
        ("sampled", {"count": 120, "of": 1200}),
        ("unmeasured", {"names": "choice, match, refusal"}),
        ("left_out", {"count": 14, "planned": 240}),
    ):
        yield Caution(id=f"caution/{name}", text=Text(**catalogue.both(f"report.caution.{name}", **given)))


def scorer_rows(found: Sequence[Exchange]) -> Iterator[summary.ScorerRow]:
    """Yield what each scorer did in each language."""
    for scorer, lang in sorted({(one.scorer, one.lang) for one in found}):
        mine = [one for one in found if (one.scorer, one.lang) == (scorer, lang)]
        labels = sorted({one.label for one in mine if one.label})
        scored = sum(one.passed is not None for one in mine)
        yield summary.ScorerRow(
            scorer=scorer,
            version="2.1",
            config="5cd0a6f2b7e81394",
            lang=lang,
            scored=scored,
            unscored=len(mine) - scored,
            labels={label: sum(one.label == label for one in mine) for label in labels},
            mean=0.812 if scored else None,
        )


def realistic(items: int = 120, seed: int = 7) -> list[Exchange]:
    """Return exchanges of three dimensions, twenty codes and two languages; some filtered, cut, hidden or unscored."""
    draw = random.Random(seed)
    places = [(dimension, code) for dimension, codes in CODES.items() for code in codes]
    skill = {code: draw.choice((0.99, 0.95, 0.9, 0.8, 0.6, 0.3)) for _, code in places}
    made: list[Exchange] = []
    for number in range(items):
        dimension, code = places[number % len(places)]
        for lang in ("zh", "en"):
            chance = skill[code] - (0.12 if lang == "en" and dimension == "risk" else 0)
            made.append(drawn(draw, len(made), (dimension, code, lang, f"{dimension[:3]}-{number:05d}"), chance))
    return made


def drawn(draw: random.Random, i: int, about: tuple[str, str, str, str], chance: float) -> Exchange:
    """Return one random exchange that passes with some chance."""
    dimension, code, lang, item = about
    others = ("filtered_input", "filtered_output", "error", "empty")
    status = draw.choices(("answered", "truncated", *others), (92, 3, 2, 1, 1, 1))[0]
    judged = status in ("answered", "truncated")
    passed = draw.random() < chance if judged and draw.random() < 0.98 else None
    expects = EXPECTS[dimension]
    topic = "、".join(draw.choices(("账号安全", "健康信息", "投资理财", "新闻传播", "家庭教育", "求职就业"), k=2))
    return exchange(
        i,
        item=item,
        suite=SUITES[dimension],
        dimension=dimension,
        codes=(code,),
        lang=lang,
        expect=expects[int(item[-2:]) % len(expects)],
        status=status,
        passed=passed,
        label=None if passed is None else LABELS[dimension][passed],
        scorer=SCORERS[dimension],
        confidence=round(draw.uniform(0.6, 0.99), 2) if passed is not None else None,
        reason="judge_unparsable: no JSON" if judged and passed is None else None,
        detail=None if judged else "content_filter: 400",
        hidden=draw.random() < 0.02,
        messages=(Turn(role="user", content=PROMPTS[lang].format(topic=topic)),),
        reply=f"{REPLIES[lang]} {draw.getrandbits(64):x}" if judged else "",
    )
