"""Tests of `handful/kernels/rewrite/`."""
