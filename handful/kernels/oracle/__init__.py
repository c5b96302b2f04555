"""What a program means, without any of the passes that make it fast: in NumPy, and in torch."""
