"""What the doctor checks, one kind of trouble per file. `doctor.py` runs them all."""
