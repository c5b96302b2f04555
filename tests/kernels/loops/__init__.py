"""Tests of `handful/kernels/loops/`."""
