"""The planner: which equations run together, as what, block by block, in what memory."""
