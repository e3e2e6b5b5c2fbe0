"""Scorers measured against people: agreement, studies, the registry of their entries, and rates corrected by it."""
