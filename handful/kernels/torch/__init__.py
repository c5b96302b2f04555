"""Kernels among PyTorch's tensors: autograd, training passes, checkpoints, registered operators."""
