"""Tests of `handful/kernels/schedule/`."""
