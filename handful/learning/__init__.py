"""From a collection to a model with its figures, and deeper where that pays."""
