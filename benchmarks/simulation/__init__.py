"""Labelling without people: data whose labels are known, revealed on demand."""
