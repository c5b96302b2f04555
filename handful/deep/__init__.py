"""Trains part of an encoder where frozen features are not enough. Needs the extra `torch`."""
