"""Mingjian's own scorers: the first plug-in of the harness. They see only `bench.types` and `bench.protocols`."""
