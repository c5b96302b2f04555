"""The index IR: expressions, operators, programs and their checker, and how loads lie in memory."""
