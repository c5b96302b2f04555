"""Rewrites of programs: each takes equations and gives equations that mean the same."""
