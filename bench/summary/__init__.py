"""Scores → estimates: by dimension × taxonomy code × language, and the gap between two languages on pairs."""

from bench.reasons import short
from bench.summary.pairs import Accuracy, Gap, gaps
from bench.summary.table import Row, rows
from bench.summary.totals import Accounting, ScorerRow, Summary, recount, summarise
from bench.summary.units import ALL, SMALL, Known, Unit, judge, trial, verdict, why_left_out

__all__ = [
    "ALL",
    "SMALL",
    "Accounting",
    "Accuracy",
    "Gap",
    "Known",
    "Row",
    "ScorerRow",
    "Summary",
    "Unit",
    "gaps",
    "judge",
    "recount",
    "rows",
    "short",
    "summarise",
    "trial",
    "verdict",
    "why_left_out",
]
