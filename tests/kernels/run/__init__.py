"""Tests of `handful/kernels/run/`."""
