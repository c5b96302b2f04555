"""One file per claim. Each prints its conditions, and the ratio against a named peer."""
