"""Kinds of items: each knows how its files are read, shown and turned into tensors."""
