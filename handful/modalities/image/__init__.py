"""Pictures: decoding, what tells one from another, tensors, thumbnails."""
