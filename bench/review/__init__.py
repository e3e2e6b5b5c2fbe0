"""People's labels of a run's replies: a blind sample, sheets out and back, the log of labels, and what rests on it."""
