"""Tests of handful.labels."""
