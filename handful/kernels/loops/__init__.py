"""The loop IR, its checker, and the lowering of a plan to it."""
