"""What turns an item into numbers."""
