"""What the columns of a table mean, and which files its cells name.

`handful/datasets/table.py` is the door. How the file itself is read is in `sheets/`.
"""
