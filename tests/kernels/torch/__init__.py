"""Tests of `handful/kernels/torch/`."""
