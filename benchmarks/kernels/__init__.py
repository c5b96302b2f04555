"""The kernel language's claims: one file for each gallery entry, each against a named peer."""
