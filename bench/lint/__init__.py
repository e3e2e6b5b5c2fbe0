"""Question banks: checked before a single token is spent, counted, compared, exported, and kept in step."""
