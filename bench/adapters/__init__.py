"""Adapters: one small file each, behind one method."""
