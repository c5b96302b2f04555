"""The numbers, computed once and kept."""
