"""Small networks from scratch, with handful's own loop: the DAWNBench row."""
