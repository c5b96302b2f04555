"""The worked examples: three meanings agree, and derivatives are derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.kernels.examples import sample

NAMES = list(sample())


def as_tuple(found):
    """A kernel's results as a tuple, however many they are."""
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("name", NAMES)
def test_a_call_equals_the_interpreter(name, each_backend):
    """A kernel's call gives what the interpreter gives on the author's own terms."""
    kernel, arguments, sizes = sample()[name]
    expected = as_tuple(kernel.reference(*arguments, **sizes))
    actual = as_tuple(kernel(*arguments, **sizes))
    for e, a in zip(expected, actual, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_as_good_as_single_precision_can_be(name, each_backend):
    """In float32 a result is within a few roundings of the float64 one, and stays float32."""
    kernel, arguments, sizes = sample()[name]
    expected = as_tuple(kernel.reference(*arguments, **sizes))
    single = [a.astype(np.float32) if a.dtype == np.float64 else a for a in arguments]
    for e, a in zip(expected, as_tuple(kernel(*single, **sizes)), strict=True):
        assert a.dtype == (np.float32 if e.dtype == np.float64 else np.int64)
        np.testing.assert_allclose(a, e, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_program_means_the_same_everywhere(name, each_backend):
    """The derivative's equations give the same in the interpreter and in a call."""
    kernel, arguments, sizes = sample()[name]
    rng = np.random.default_rng(1)
    results = as_tuple(kernel.reference(*arguments, **sizes))
    seeds = [rng.standard_normal(r.shape) for r in results if r.dtype == np.float64]
    expected = as_tuple(kernel.grad.reference(*arguments, *seeds, **sizes))
    actual = as_tuple(kernel.grad(*arguments, *seeds, **sizes))
    for e, a in zip(expected, actual, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_first_and_second_derivatives_pass_finite_differences(name):
    """gradcheck and gradgradcheck hold for every example."""
    kernel, arguments, sizes = sample()[name]
    tensors = [torch.from_numpy(a) for a in arguments]
    for tensor in tensors:
        tensor.requires_grad_(tensor.is_floating_point())

    def floats(*given):
        return tuple(r for r in as_tuple(kernel(*given, **sizes)) if r.is_floating_point())

    assert torch.autograd.gradcheck(floats, tensors, fast_mode=True)
    assert torch.autograd.gradgradcheck(floats, tensors, fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_rule_agrees_with_torchs_own_autograd(name):
    """Torch, differentiating the fallback's operations itself, finds the same gradients."""
    from handful.kernels.oracle import fallback

    kernel, arguments, sizes = sample()[name]
    tensors = [torch.from_numpy(a) for a in arguments]
    for tensor in tensors:
        tensor.requires_grad_(tensor.is_floating_point())
    wanted = [t for t in tensors if t.requires_grad]
    found = kernel.sizes(tensors, sizes)
    plain = fallback.run(kernel.program, tensors, found, torch.float64)
    ours = as_tuple(kernel(*tensors, **sizes))
    seeds = [torch.randn_like(p) for p in plain if p.is_floating_point()]
    theirs = torch.autograd.grad([p for p in plain if p.is_floating_point()], wanted, seeds)
    by_rule = torch.autograd.grad([o for o in ours if o.is_floating_point()], wanted, seeds)
    for e, a in zip(theirs, by_rule, strict=True):
        torch.testing.assert_close(a, e, rtol=1e-9, atol=1e-11)
