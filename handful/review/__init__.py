"""Where it is wrong, which labels look wrong, and the page that shows it.

Read `review.py` first: it is all that the page and the terminal show. Then `report.py`, which
writes the page. Nothing is imported here, so that asking for one part loads that part alone.
"""
