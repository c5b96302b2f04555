"""Folders: how their levels are read."""
