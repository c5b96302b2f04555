"""How a table is read: its bytes, its header, its columns, and the files that its cells name.

`handful/items/table.py` is the door; nothing else of handful imports from here.
"""
