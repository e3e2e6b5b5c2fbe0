"""Plan, loop, journal and limits of a run."""
