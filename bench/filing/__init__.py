"""The filing: a standard's three verdicts over a run, the dossier as data, and one renderer a format."""
