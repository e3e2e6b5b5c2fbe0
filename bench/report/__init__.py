"""The report: document as data, and one renderer a format."""
