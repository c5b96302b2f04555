"""What a label is: the kind of answer that a model gives. `registry` lists the kinds."""
