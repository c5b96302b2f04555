"""How long the tests wait for what must happen, in one place."""

# As long as the slowest of it takes on a machine ten times slower than a laptop: only what is
# broken is waited for so long, and what is sound is never failed by a busy machine.
PATIENCE_S = 120
