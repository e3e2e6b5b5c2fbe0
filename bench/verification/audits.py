"""What an audit adds to a run: its standard, its keywords, its verdicts and its dossier, each made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from bench import canonical, catalogue, files, standards
from bench.errors import IntegrityError
from bench.filing import banks, build, evidence, material, render_text
from bench.filing.document import FilingDocument, figures
from bench.filing.material import Audit, Material
from bench.filing.nouns import VERDICTS_FILE, Verdicts
from bench.lint import quotas
from bench.scoring import Run
from bench.standards import Standard
from bench.summary import Summary
from bench.types import Score, Text
from bench.verification import questions
from bench.verification.checks import Check, Place, listed, parts
from bench.verification.questions import Known

FILING_FILE = "filing.json"
AUDIT = Place(name="audit", file=material.AUDIT_FILE)
KEYWORDS = Place(name="keywords", file=material.KEYWORD_LINES)
VERDICTS = Place(name="verdicts", file=VERDICTS_FILE)
FILING = Place(name="filing", file=FILING_FILE)
PLACES = (AUDIT, KEYWORDS, VERDICTS, FILING)


def is_audit(folder: Path) -> bool:
    """Return whether a run folder has a file that only an audit writes."""
    return any((folder / place.file).is_file() for place in PLACES)


def skip(folder: Path) -> Iterator[Check]:
    """Yield, for an audit, that nothing was checked."""
    if is_audit(folder):
        yield from (place.skip() for place in PLACES)


def checks(run: Run, scores: Sequence[Score], summary: Summary | None, known: Known | None) -> Iterator[Check]:
    """Yield the checks of an audit; none for a plain run."""
    folder = run.folder
    if not is_audit(folder):
        return
    check, audit = AUDIT.attempt(lambda: check_audit(run, known))
    yield check
    if audit is None or summary is None:
        yield from (place.skip() for place in PLACES[1:])
        return
    yield KEYWORDS.attempt(lambda: check_keywords(run, audit))[0]
    check, judged = VERDICTS.attempt(lambda: check_verdicts(run, scores, summary, audit))
    yield check
    yield FILING.skip() if judged is None else FILING.attempt(lambda: check_filing(folder, judged))[0]


def check_audit(run: Run, known: Known | None) -> tuple[Check, Audit | None]:
    """Return whether the audit is the one of the verdicts and its standard the installed one; raises IntegrityError."""
    path = run.folder / material.AUDIT_FILE
    if not path.is_file():
        return AUDIT.tell("absent", "absent"), None
    audit = files.read_json(path, Audit, unique=True)
    if not sound(audit):
        return AUDIT.tell("differs", "unsound"), None
    facts: dict[str, object] = {
        "standard": audit.standard.standard,
        "version": audit.standard.version,
        "size": catalogue.say(f"verify.size.{audit.size}"),
    }
    if wrong := next(misfits(run, audit, known), None):
        return AUDIT.tell("differs", wrong[0], **facts, **wrong[1]), audit
    facts["taken"] = taken(audit)
    if audit.standard.standard not in standards.names():
        return AUDIT.tell("not_checked", "own", **facts), audit
    if known is not None and (names := questions.unmeasured(audit, known)):
        return AUDIT.tell("not_checked", "banks", **facts, names=listed(names)), audit
    return AUDIT.tell("ok", "ok", **facts), audit


def taken(audit: Audit) -> Text:
    """Return what is said of imported evidence, nothing if there is none."""
    count = len(audit.evidence.entries)
    return catalogue.say("verify.audit.taken", count=count) if count else catalogue.same("")


def sound(audit: Audit) -> bool:
    """Return whether an audit can be what an import wrote: languages, documents, days, evidence that is possible."""
    entries, known = audit.evidence.entries, {clause.id for clause in audit.standard.clauses}
    try:
        for state in audit.states:
            if state.updated is not None:
                date.fromisoformat(state.updated)
    except ValueError:
        return False
    proofs = all(entry.clause in known and evidence.possible(entry) for entry in entries)
    alone = len({(entry.clause, entry.lang) for entry in entries}) == len(entries)
    return bool(audit.metadata.languages and audit.standard.documents) and proofs and alone


def misfits(run: Run, audit: Audit, known: Known | None) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what an audit's file contradicts, as name of its text with facts; raises IntegrityError."""
    if audit.standard.standard in standards.names():
        installed = standards.load(audit.standard.standard)
        if wrong := list(changed(audit.standard, installed)):
            yield "standard", {"installed": installed.version, "parts": listed(wrong)}
    if run.plan.info.declared != material.declaration(audit):
        yield "declared" if run.plan.info.declared else "undeclared", {}
    if known is not None and (stated := list(questions.misstated(audit, known))):
        yield "states", {"names": listed(stated)}
    named = bound(run.folder / VERDICTS_FILE)
    if named and named != files.digest_file(run.folder / material.AUDIT_FILE):
        yield "bound", {"sha256": named}


def bound(verdicts: Path) -> object:
    """Return the SHA-256 of the audit that verdicts name, None if none can be read: that the verdicts' check says."""
    try:
        return files.read_json(verdicts, dict[str, Any]).get("audit")
    except IntegrityError:
        return None


def changed(given: Standard, installed: Standard) -> Iterator[str]:
    """Yield the parts of a standard that differ from the installed one; of its clauses and banks, which."""
    one, other = msgspec.to_builtins(given), msgspec.to_builtins(installed)
    for name in parts(one, other):
        known = {"clauses": "id", "banks": "bank"}.get(name)
        if known is None:
            yield name
            continue
        yield from unlike(one[name], other[name], (known,))


def unlike(given: Sequence[dict[str, Any]], made: Sequence[dict[str, Any]], keys: Sequence[str]) -> Iterator[str]:
    """Yield the names of the entries of one list that are not as they are in another."""
    one, other = ({" ".join(str(entry.get(key)) for key in keys): entry for entry in found} for found in (given, made))
    yield from parts(one, other) or ["order"]


def check_keywords(run: Run, audit: Audit) -> tuple[Check, None]:
    """Return whether the keyword library is the one that the audit states, and as large; raises IntegrityError."""
    path = run.folder / material.KEYWORD_LINES
    if not path.is_file():
        stated = bool(audit.keywords or audit.evidence.keyword_library)
        return KEYWORDS.tell("differs" if stated else "ok", "missing" if stated else "none"), None
    actual = files.digest_file(path)
    if not audit.keywords:
        stated = audit.evidence.keyword_library is not None
        return KEYWORDS.tell("not_checked" if stated else "differs", "unstated", sha256=actual), None
    if actual != audit.keywords:
        return KEYWORDS.tell("differs", "differs", sha256=actual, stated=audit.keywords), None
    if facts := missized(run, audit):
        return KEYWORDS.tell("differs", "states", **facts), None
    return KEYWORDS.tell("ok", "ok", sha256=actual), None


def missized(run: Run, audit: Audit) -> dict[str, object]:
    """Return how the keyword library is not as large or as old as the audit states, nothing if it is."""
    library, bank = material.read_library(run.folder, audit), audit.standard.bank(quotas.KEYWORDS)
    if library is None or bank is None:
        return {}
    found, stated = banks.measure_keywords(bank, library, audit.metadata.languages), questions.stated_banks(audit)
    given = stated.get(bank.bank)
    if given == found:
        return {}
    total = given.lines[0].have if given and given.lines else 0
    return {"have": found.lines[0].have, "updated": found.updated,
            "stated": total, "date": (given.updated if given else None) or "–"}  # fmt: skip


def check_verdicts(run: Run, scores: Sequence[Score], summary: Summary, audit: Audit) -> tuple[Check, Material]:
    """Return whether the verdicts are those of the scores, and what a dossier is made from; raises IntegrityError."""
    made = material.gather(run, scores, summary, audit, material.read_library(run.folder, audit))
    path = run.folder / VERDICTS_FILE
    if not path.is_file():
        return VERDICTS.tell("absent", "absent"), made
    given = files.read_json(path, dict[str, Any], unique=True)
    wrong = list(dict.fromkeys(unlike_verdicts(given, made.verdicts)))
    if wrong:
        return VERDICTS.tell("differs", "differs", parts=listed(wrong), count=len(wrong)), made
    return VERDICTS.tell("ok", "ok", count=len(made.verdicts.clauses), banks=len(made.verdicts.banks)), made


LISTS = {"clauses": ("id", "lang"), "banks": ("bank", "lang"), "samples": ("clause", "lang")}
"""Lists of verdicts → what names an entry."""


def unlike_verdicts(given: dict[str, Any], made: Verdicts) -> Iterator[str]:
    """Yield what differs between submitted verdicts and those judged anew: clauses and banks with their language."""
    again: dict[str, Any] = msgspec.json.decode(canonical.encode(made))
    for name in parts(given, again):
        entries = given.get(name)
        if name in LISTS and isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
            yield from unlike(given[name], again[name], LISTS[name])
        else:
            yield name


def check_filing(folder: Path, judged: Material) -> tuple[Check, None]:
    """Return whether the dossier's data is that of the verdicts, with or without the texts of failures."""
    path = folder / FILING_FILE
    if not path.is_file():
        return FILING.tell("absent", "absent"), None
    given = files.read_json(path, dict[str, Any], unique=True)
    made = render_text.scrubbed(build.build(judged))
    if given == plain(made) or given == plain(render_text.scrubbed(build.build(judged, True))):
        return FILING.tell("ok", "ok", count=len(figures(made, "zh"))), None
    wrong = list(unlike_figures(files.read_json(path, FilingDocument), made))
    if wrong:
        return FILING.tell("differs", "figures", count=len(wrong), figures=listed(wrong)), None
    return FILING.tell("differs", "differs", parts=listed(parts(given, plain(made)))), None


def plain(document: FilingDocument) -> dict[str, Any]:
    """Return a dossier as its file holds it."""
    found: dict[str, Any] = msgspec.json.decode(canonical.encode(document))
    return found


def unlike_figures(given: FilingDocument, made: FilingDocument) -> Iterator[str]:
    """Yield the ids of figures that are not printed alike, in either language."""
    found = {lang: parts(figures(given, lang), figures(made, lang)) for lang in ("zh", "en")}
    yield from dict.fromkeys((*found["zh"], *found["en"]))
