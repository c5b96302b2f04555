"""What to ask next: one protocol, and the strategies that keep it."""
