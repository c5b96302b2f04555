"""Tests of handful.queries."""
