"""Tests of `handful/kernels/c/`."""
