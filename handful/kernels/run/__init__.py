"""A call of a kernel: its definition, its memory, its index tables, the native code."""
