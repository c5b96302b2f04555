"""What people said: an append-only ledger of labels, and the state that follows from it."""
