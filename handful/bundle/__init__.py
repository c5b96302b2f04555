"""What leaves: one `.handful` file that proves it still answers as it did."""
