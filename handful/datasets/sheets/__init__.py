"""A table's file as a header and rows of text, of whatever kind it is.

What the columns mean is the business of `handful/datasets/table.py` and `tables/`.
"""
