"""Run by `test_torch_op.py` in a process of its own: torch.compile and torch.export of kernels."""

from __future__ import annotations

import torch

from tests.kernels.examples import linear_gelu

torch.manual_seed(0)
arguments = [torch.randn(s, requires_grad=True) for s in ((5, 4), (4, 3), (3,))]


def model(x, w, bias):
    """A kernel between two ordinary operations."""
    return (linear_gelu(x * 2, w, bias) + 1).sum()


class Net(torch.nn.Module):
    """A module that is nothing but a kernel."""

    def forward(self, x, w, bias):
        """The kernel."""
        return linear_gelu(x, w, bias)


compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
expected = torch.autograd.grad(model(*arguments), arguments)
actual = torch.autograd.grad(compiled(*arguments), arguments)
for e, a in zip(expected, actual, strict=True):
    torch.testing.assert_close(a, e)
print("compiled")
plain = tuple(a.detach() for a in arguments)
exported = torch.export.export(Net(), plain)
assert "handful.kernel" in str(exported.graph)
torch.testing.assert_close(exported.module()(*plain), linear_gelu(*plain))
print("exported")
