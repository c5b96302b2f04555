"""The weights of one recurrent layer, under the names and in the layout of `torch.nn.GRU`."""

from __future__ import annotations

import torch


class Recurrent(torch.nn.Module):
    """Weights of shape (num_gates · hidden, width) and (num_gates · hidden, hidden), two biases."""

    num_gates: int

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        rows = self.num_gates * hidden
        for name, shape in {
            "weight_ih_l0": (rows, width),
            "weight_hh_l0": (rows, hidden),
            "bias_ih_l0": (rows,),
            "bias_hh_l0": (rows,),
        }.items():
            value = torch.empty(shape).uniform_(-(hidden**-0.5), hidden**-0.5)
            self.register_parameter(name, torch.nn.Parameter(value))

    def weights(self) -> list[torch.Tensor]:
        """W, U, bw and bu, with the gates on an axis of their own."""
        return [p.view(self.num_gates, self.hidden, *p.shape[1:]) for p in self.parameters()]

    def zeros(self, x: torch.Tensor) -> torch.Tensor:
        """A first state."""
        return x.new_zeros(1, x.shape[1], self.hidden)
