"""Tests of `handful/kernels/front/`."""
