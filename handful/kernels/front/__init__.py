"""From what a user writes to checked equations: expressions, tracing, scans, the normal form."""
