"""Run + scores + summary → document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench import canonical, catalogue, taxonomies
from bench.catalogue import same
from bench.catalogue import say as text
from bench.engine.plan import SuiteInfo
from bench.report import findings
from bench.report.comparison import compare
from bench.report.document import Caution, Document, Exchange, Fact, Finding, Turn
from bench.robustness import ANY, PLAIN
from bench.scoring import Run
from bench.summary import ALL, Summary, Unit, judge
from bench.types import DIMENSIONS, STATUSES, Model, Score, Text
from bench.variants.names import JOINT, PREFIX

SCHEMA = "mingjian/report/1"
LABELS = (
    "refused", "safe_redirect", "partial", "complied", "unclear", "match", "mismatch", "safe", "unsafe", "consistent",
    "inconsistent", "equal", "unequal", "injected", "held", "leak", "clean", "hit", "no_claim", "claims_other",
)  # fmt: skip
FROM_FILE = frozenset(("replay", "scripted"))
"""Adapters that ask no model: the answers come from a file."""
FEW = 4
"""Suites that the identity card names one by one."""
EXPECTATIONS = ("refuse", "answer", "safe")


def build(run: Run, scores: Sequence[Score], summary: Summary) -> Document:
    """Return the report of a run. Pure apart from reading taxonomies; the same input gives the same document."""
    names = display_names(run, summary)
    units = list(judge(run, scores))
    return Document(
        schema=SCHEMA,
        title=text("report.title", model=run.plan.info.model.model),
        run=run.plan.info,
        generated=run.plan.info.created,
        identity=tuple(identity(run)),
        findings=findings.headline(summary, names),
        cautions=tuple(cautions(run, summary)),
        accounting=summary.accounting,
        rows=summary.rows,
        gaps=summary.gaps,
        scorers=summary.scorers,
        effects=summary.effects,
        attacks=summary.attacks,
        comparisons=compare([unit for unit in units if unit.record.case.variant == PLAIN]),
        names=names,
        exchanges=tuple(exchanges(units, scores, private(run))),
        environment=tuple(environment(run)),
        calibration=summary.calibration,
        review=summary.review,
    )


def headline(run: Run, summary: Summary) -> tuple[Finding, ...]:
    """Return the findings of a run without the rest of its report."""
    return findings.headline(summary, display_names(run, summary))


def display_names(run: Run, summary: Summary) -> dict[str, Text]:
    """Return the words for every code that the tables use."""
    names = {code: Text(**taxonomies.label(code)) for code in {row.code for row in summary.rows} - {ALL}}
    names.update({suite.name: suite.title for suite in run.plan.info.suites})
    for kind, values in (("dimension", DIMENSIONS), ("status", STATUSES), ("label", LABELS), ("expect", EXPECTATIONS)):
        for value in values:
            names[value if kind == "dimension" else f"{kind}.{value}"] = text(f"report.{kind}.{value}")
    for lang in {row.lang for row in summary.rows} - {ALL}:
        known = lang in ("zh", "en")
        names[f"language.{lang}"] = text(f"report.language.{lang}") if known else same(lang)
    names.update(variant_names(run.plan.info.settings.variants))
    return dict(sorted(names.items()))


def variant_names(variants: Iterable[str]) -> Iterator[tuple[str, Text]]:
    """Yield the words for every variant of a run; nothing if it asked plain items only."""
    asked = [name for name in dict.fromkeys(variants) if name != PLAIN]
    for name in asked:
        parts = [part_name(part) for part in name.split(JOINT)]
        yield f"variant.{name}", Text(zh=" + ".join(one.zh for one in parts), en=" + ".join(one.en for one in parts))
    for name in (PLAIN, ANY) if asked else ():
        yield f"variant.{name}", text(f"report.variant.{name}")


def part_name(part: str) -> Text:
    """Return the title of a perturbation or wrapper; its name if this version does not know it."""
    from bench.variants import families, wrappers  # most runs ask plain items only

    if part in families.by_name():
        return families.by_name()[part].title
    wrapper = part.removeprefix(PREFIX)
    return wrappers.load(wrapper).title if wrapper in wrappers.names() else same(part)


def identity(run: Run) -> Iterator[Fact]:
    """Yield the identity card: what was tested, with what, when."""
    info = run.plan.info
    read = from_file(run)
    for name, value in (
        ("model", same(info.model.model)),
        ("adapter", same(info.model.adapter)),
        ("weights", same(info.identity.get("sha256") or "–")),
        ("endpoint", same(info.identity.get("endpoint") or "–")),
        ("returned_model", same(", ".join(returned(run)) or "–")),
        ("runtime", same(runtime(info.identity))),
        ("thinking", same(info.model.thinking or "–")),
        ("system_prompt", system_prompt(info.model.system_prompt)),
        ("guard", yes_no(info.model.guard_in_front)),
        ("sampling", sampling(run)),
        ("suites", chosen(info.suites)),
        ("languages", spoken(record.case.lang for record in run.records)),
        ("dates", same(dates(run))),
        ("run", same(info.run)),
        ("records", text("report.identity.end", lines=run.end.lines, sha256=run.end.sha256)),
        ("tool", same(f"mingjian {info.tool}")),
    ):
        said = f"read.{name}" if read and name in ("weights", "dates", "sampling") else name
        yield Fact(id=f"identity/{name}", label=text(f"report.identity.{said}"), value=value)


def from_file(run: Run) -> bool:
    """Return whether the answers of a run come from a file, so that no model was asked."""
    return run.plan.info.model.adapter in FROM_FILE


def chosen(suites: Sequence[SuiteInfo]) -> Text:
    """Return the suites of a run: by name if they are few, else how many they are; the digests name each of them."""
    if len(suites) > FEW:
        facts = {"count": len(suites), "sampled": sum(s.sampled for s in suites), "items": sum(s.items for s in suites)}
        return text("report.identity.many", **facts)
    return same("; ".join(f"{suite.name} {suite.version} ({suite.sampled}/{suite.items})" for suite in suites))


def system_prompt(prompt: str | None) -> Text:
    """Return whether there is a system prompt, and if so its digest: its text may be the owner's secret."""
    if prompt is None:
        return yes_no(False)
    return text("report.identity.has_prompt", digest=canonical.digest_bytes(prompt.encode())[:16])


def yes_no(value: bool) -> Text:
    """Return yes or no in words."""
    return text("report.yes" if value else "report.no")


def returned(run: Run) -> list[str]:
    """Return the model names that the endpoint gave back."""
    return sorted({record.reply.returned_model for record in run.records if record.reply.returned_model})


def runtime(identity: Mapping[str, object]) -> str:
    """Return the runtime and its version; the same weights answer differently under another one."""
    return " ".join(str(identity[name]) for name in ("runtime", "runtime_version") if identity.get(name)) or "–"


def spoken(langs: Iterable[str]) -> Text:
    """Return languages by name as a list; a dash if there is none."""
    known = catalogue.area("report")
    found = [text(f"report.language.{lang}") if f"language.{lang}" in known else same(lang)
             for lang in sorted(set(langs))]  # fmt: skip
    return Text(zh="、".join(one.zh for one in found) or "–", en=", ".join(one.en for one in found) or "–")


def sampling(run: Run) -> Text:
    """Return the decoding parameters as requested (of answers from a file there are none), and the sample's seed."""
    parameters, settings = run.plan.info.model.parameters, run.plan.info.settings
    drawn = text("report.identity.drawn", epochs=settings.epochs, seed=settings.seed)
    if from_file(run):
        return drawn
    decoded = f"temperature {parameters.temperature}, max_tokens {parameters.max_tokens}"
    return Text(zh=f"{decoded}，{drawn.zh}", en=f"{decoded}, {drawn.en}")


def dates(run: Run) -> str:
    """Return when the first and the last reply came in (UTC)."""
    times = sorted(record.reply.started for record in run.records if record.reply.started)
    return f"{times[0]} – {times[-1]}" if times else run.plan.info.created


def cautions(run: Run, summary: Summary) -> Iterator[Caution]:
    """Yield what this report is not; empty only if everything holds."""
    info, accounting = run.plan.info, summary.accounting
    left_out = accounting.planned - accounting.scored
    withheld, banks = sum(suite.withheld for suite in info.suites), private(run)
    unmeasured = sorted({(row.scorer, row.lang) for row in summary.scorers if not row.calibrated})
    failed = sorted({(row.scorer, row.lang) for row in summary.scorers if row.failed})
    drawn = [suite for suite in info.suites if suite.sampled < suite.items - suite.withheld]
    for name, holds, facts in (
        ("demonstration", info.model.demonstration, {}),
        ("from_file", from_file(run), {}),
        ("not_filing", True, {}),
        ("sampled", bool(drawn), {"count": sum(s.sampled for s in drawn), "of": sum(s.items for s in drawn)}),
        ("unmeasured", bool(unmeasured), {"names": scorers(unmeasured)}),
        ("scorer_failed", bool(failed), {"names": scorers(failed)}),
        ("incomplete", accounting.finished < accounting.planned, {"open": accounting.planned - accounting.finished}),
        ("left_out", left_out > 0, {"count": left_out, "planned": accounting.planned}),
        ("truncated", accounting.statuses["truncated"] > 0, {"count": accounting.statuses["truncated"]}),
        ("scorer_options", bool(info.model.scorer_options), {"names": settings_of(info.model)}),
        ("withheld", withheld > 0, {"count": withheld}),
        ("private", bool(banks), {"digests": "; ".join(f"{name} sha256 {digest}" for name, digest in banks.items())}),
        ("remote_code", info.model.allow_remote_code, {}),
    ):
        if holds:
            yield Caution(id=f"caution/{name}", text=text(f"report.caution.{name}", **facts))


def scorers(found: Sequence[tuple[str, str]]) -> Text:
    """Return scorers with the language that each judged, as a list."""
    named = [(scorer, text("report.all") if lang == ALL else spoken((lang,))) for scorer, lang in found]
    return Text(zh="、".join(f"{scorer}（{lang.zh}）" for scorer, lang in named),
                en=", ".join(f"{scorer} ({lang.en})" for scorer, lang in named))  # fmt: skip


def settings_of(model: Model) -> str:
    """Return the scorers that a model's file sets up, each with its settings as JSON."""
    found = sorted(model.scorer_options.items())
    return "; ".join(f"{name} {canonical.encode(options).decode()}" for name, options in found)


def private(run: Run) -> dict[str, str]:
    """Return the digests of the suites whose items are withheld from readers."""
    return {suite.name: suite.digest for suite in run.plan.info.suites if suite.private}


def exchanges(units: Iterable[Unit], scores: Sequence[Score], withheld: Mapping[str, str]) -> Iterator[Exchange]:
    """Yield every record with its scores, failures and unscored ones first in reading order of the plan."""
    first: dict[int, Score] = {}
    for score in scores:
        if len(score.records) == 1:
            first.setdefault(score.records[0], score)
    for unit in units:
        yield exchange(unit, first.get(unit.record.i), withheld.get(unit.item.suite))


def exchange(unit: Unit, score: Score | None, withheld: str | None) -> Exchange:
    """Return one record for the reader."""
    item, case, reply = unit.item, unit.record.case, unit.record.reply
    return Exchange(
        i=unit.record.i,
        item=item.id,
        suite=item.suite,
        dimension=item.dimension,
        codes=item.codes,
        lang=case.lang,
        variant=case.variant,
        expect=item.expect,
        status=reply.status,
        passed=unit.passed,
        label=unit.label,
        scorer=score.scorer if score else "",
        confidence=score.confidence if score else None,
        reason=unit.reason,
        detail=reply.detail,
        hidden=item.hidden,
        withheld=withheld,
        messages=() if item.hidden else tuple(Turn(role=m.role, content=m.content) for m in case.messages),
        reply="" if item.hidden else reply.text,
        reasoning=None if item.hidden else reply.reasoning,
    )


def environment(run: Run) -> Iterator[Fact]:
    """Yield what the figures may depend on: digests, versions, plan."""
    info = run.plan.info
    for suite in info.suites:
        yield Fact(
            id=f"suite/{suite.name}",
            label=suite.title,
            value=same(f"{suite.name} {suite.version} ({suite.sampled}/{suite.items}) sha256 {suite.digest}"),
        )
    for name, value in sorted(info.environment.items()):
        yield Fact(id=f"environment/{name}", label=same(name), value=same(value))
    for name, value in (("items", info.items_sha256), ("cases", info.cases_sha256)):
        yield Fact(id=f"environment/{name}", label=text(f"report.environment.{name}"), value=same(value))


def failed_first(found: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges with failures first, then unscored ones, then the rest, each in plan order."""
    order: dict[bool | None, list[Exchange]] = defaultdict(list)
    for one in found:
        order[one.passed].append(one)
    return [*order[False], *order[None], *order[True]]
