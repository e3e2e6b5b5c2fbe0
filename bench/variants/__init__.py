"""Variants of an item: seeded perturbations of its wording, attack wrappers around it, and both composed."""
