"""What the page asks for, one file for each kind of thing. Wiring is `app.py`'s."""
