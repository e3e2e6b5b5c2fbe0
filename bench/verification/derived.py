"""Scores, summary and calibration: made again from the records, and compared with what was submitted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench import canonical, files, judging, scoring
from bench.calibration import registry
from bench.calibration.registry import Entry
from bench.engine import seals
from bench.engine.seals import Seal
from bench.errors import IntegrityError, MingjianError
from bench.report import build
from bench.review import results
from bench.scoring import Run
from bench.summary import Known, Summary, summarise
from bench.types import Score, Text
from bench.verification import lines
from bench.verification.checks import Check, Place, Result, explained, listed, parts
from bench.verification.lines import Comparison, Stamp

FIGURE_SLACK = 1.5e-6
"""How far apart the figures of a summary may be, which has six decimals."""


def check_scores(place: Place, run: Run, temporary: Path) -> tuple[Check, Sequence[Score] | None]:
    """Return whether the scores are those of the installed scorers, and the scores to go on with: the submitted ones,
    or those made anew where the submitted ones differ or are absent."""
    given, made = run.folder / seals.SCORES_FILE, temporary / seals.SCORES_FILE
    submitted = scoring.read_scores(run.folder) if given.is_file() else None
    try:
        asked = score_anew(run, made)
    except MingjianError as error:
        result: Result = "differs" if isinstance(error, IntegrityError) else "not_checked"
        return place.tell(result, "cannot", why=explained(error)), submitted
    anew = files.Lines(made, Score)
    if submitted is None:
        return place.tell("absent", "absent"), anew
    found = lines.compare(given, made)
    check = judge_scores(place, found, asked)
    options = run.plan.info.model.scorer_options
    if check.result == "ok" and options:
        check = place.tell("not_checked", "options", lines=found.lines, names=build.settings_of(run.plan.info.model))
    return check, anew if check.result == "differs" else submitted


def score_anew(run: Run, target: Path) -> int:
    """Write the scores of a run by the installed scorers to a file, and return how many answers of judges lacked."""
    panel = judging.heard(run.folder)
    files.write_lines(target, scoring.opinions(run, panel))
    return sum(judge.asked for judge in panel.get("judges", ()))


def judge_scores(place: Place, found: Comparison, asked: int) -> Check:
    """Return what a comparison of scores says."""
    facts: dict[str, object] = {"lines": found.lines, "count": found.differing, "versions": versions(found.stamps)}
    if found.first is not None:
        number, item, scorer = found.first
        key = "versions" if found.stamps else "differs"
        return place.tell("differs", key, **facts, made=found.made, line=number, item=item, scorer=scorer)
    if asked or found.unheard:
        return place.tell("not_checked", "unheard", **facts, asked=asked)
    if found.stamps:
        return place.tell("not_checked", "stamps", **facts, stamped=found.stamped)
    return place.tell("ok", "ok", **facts)


def versions(stamps: Sequence[tuple[Stamp, Stamp]]) -> Text:
    """Return which version of each scorer scored, and which is installed."""
    return listed(f"{old[0]} {old[1]} ({old[2]}) → {new[0]} {new[1]} ({new[2]})" for old, new in stamps)


def check_summary(
    place: Place, run: Run, scores: Sequence[Score] | None, scored: Result
) -> tuple[Check, Summary | None]:
    """Return whether the summary is that of the scores, and the summary made anew; raises IntegrityError."""
    path = run.folder / seals.SUMMARY_FILE
    if scores is None:
        return place.tell("absent" if not path.is_file() else "not_checked", "no_scores"), None
    known = Known(registry.kept(run.folder), results.labels(run.folder))
    made = msgspec.structs.replace(summarise(run, scores, known), seal=seal_of(run, scores))
    if not path.is_file():
        return place.tell("absent", "absent"), made
    given = files.read_json(path, dict[str, Any], unique=True)
    again = msgspec.json.decode(canonical.encode(made), type=dict[str, Any])
    if judging.judges_of(run.folder) and not (run.folder / judging.JUDGEMENTS_FILE).is_file():
        again["accounting"] = {**again["accounting"], "judges": stated_costs(given)}
    wrong = parts(given, again, FIGURE_SLACK)
    if wrong:
        return place.tell("differs", "differs", parts=listed(wrong)), made
    return place.tell("ok", "ok" if scored == "ok" else "given", parts=listed(again), count=len(again)), made


def stated_costs(given: Mapping[str, Any]) -> Any:
    """Return what a summary says that its judges cost: without their answers nobody can count it."""
    accounting = given.get("accounting")
    return accounting.get("judges") if isinstance(accounting, dict) else None


def seal_of(run: Run, scores: Sequence[Score]) -> Seal:
    """Return the seal that a summary of these records and of the submitted scores has."""
    path, calibration = run.folder / seals.SCORES_FILE, run.folder / seals.CALIBRATION_FILE
    digest = files.digest_file(path) if path.is_file() else lines_digest(scores)
    known = files.digest_file(calibration) if calibration.is_file() else None
    return Seal(records=run.end, scores=digest, calibration=known)


def lines_digest(scores: Sequence[Score]) -> str:
    """Return the SHA-256 of the file that scores would be."""
    found = hashlib.sha256()
    for score in scores:
        found.update(canonical.encode(score) + b"\n")
    return found.hexdigest()


def check_calibration(place: Place, folder: Path, anew: Sequence[Score]) -> tuple[Check, None]:
    """Return whether the entries on the scorers' error are those of the shipped registry; raises IntegrityError.

    What must be there goes by the scorers that the submitted scores name. Entries that say of themselves that they are
    the submitter's own are counted; an own measurement of a shipped labelled file must count as the shipped one does.
    """
    submitted = (folder / seals.SCORES_FILE).is_file()
    configs = {score.config for score in (scoring.read_scores(folder) if submitted else anew)}
    wanted = {one.key: one for one in registry.load() if one.config in configs}
    if not (folder / seals.CALIBRATION_FILE).is_file():
        return place.tell("absent", "absent", count=len(wanted)), None
    kept = registry.kept(folder)
    wrong = list(forged(kept, {one.key: one for one in registry.load()}))
    missing = wanted.keys() - {one.key for one in kept if one.usable}
    own = sum(one.own for one in kept)
    if wrong or missing:
        names = listed((*(one.id for one in wrong), *(wanted[key].id for key in sorted(missing))))
        return place.tell("differs", "differs", wrong=len(wrong), missing=len(missing), names=names), None
    facts = {"shipped": len(kept) - own, "own": own, "names": listed(one.id for one in kept if one.own)}
    return place.tell("not_checked" if own else "ok", "own" if own else "ok", **facts), None


def forged(kept: Sequence[Entry], shipped: Mapping[tuple[str, ...], Entry]) -> Iterator[Entry]:
    """Yield the entries that pass as shipped ones and are not."""
    files_ = {one.id: one for one in shipped.values()}
    for one in kept:
        if not one.own:
            if shipped.get(one.key) != one:
                yield one
        elif one.id in files_ and files_[one.id].counts != one.counts:
            yield one
