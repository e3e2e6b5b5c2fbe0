"""What somebody else submitted: does each file of a run folder follow from the records? Writes nothing, asks nobody."""

from bench.verification.checks import Check
from bench.verification.folder import Verification, verify

__all__ = ["Check", "Verification", "verify"]
