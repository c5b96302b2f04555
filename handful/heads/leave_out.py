"""What one ridge fit would say of its items with any others left out, exactly and for little.

`solver.py` leaves out the units that a fit was given. Here the same fit is asked about other
parts of its items, many of them one after another: once the inverse is there, each part costs a
solve of its own size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOut:
    """Leaves parts of s items out of a fit.

    For items g a fit without them says  T_g - (B_gg)^-1 c_g: see `solver.py`.

    Args:
        inverse: (s, s) the matrix B between these items.
        right: (s, k) the right-hand sides c.
        targets: (s, k) what the fit was to say, T.
        alike: (s, s) inner products of the items in the space of the fit.
    """

    inverse: Float[np.ndarray, "s s"]
    right: Float[np.ndarray, "s k"]
    targets: Float[np.ndarray, "s k"]
    alike: Float[np.ndarray, "s s"]

    def scores(self, parts: Iterable[np.ndarray]) -> Float[np.ndarray, "s k"]:
        """What a fit without each part says of it.

        Args:
            parts: places of the items that leave together; an item in none stays unsaid, as nan.
        """
        said = np.full(self.targets.shape, np.nan)
        for part in parts:
            block = self.inverse[np.ix_(part, part)].astype(np.float64)
            said[part] = self.targets[part] - np.linalg.solve(block, self.right[part])
        return said
