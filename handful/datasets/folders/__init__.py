"""What lies in a folder of pictures, and what the levels of folders below it mean."""
