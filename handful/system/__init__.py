"""The machine and its files: cores, terminals, files written whole. Nothing of learning here."""
