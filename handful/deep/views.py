"""Which views of a picture the data allows: a left hand must not become a right one.

What the views are is `modalities/image/views.py`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.errors import SettingError
from handful.estimate.metrics import log_loss
from handful.modalities.image.views import FAR, LAYINGS, NEAR, PLAIN

ALLOWED = {
    "none": (PLAIN,),
    "mirror": (PLAIN, "mirror"),
    "flips": (PLAIN, "mirror", "flip", "turn"),
    "turns": tuple(LAYINGS),
}
"""What a user may say of the data: nothing may be turned; left and right mean the same; so do up
and down; so do all four sides (seen from above, under a microscope)."""


def views_for(allowed: str, count: int, *, zoom: bool = False) -> tuple[str, ...]:
    """At most `count` views of those that the data allows, the plain one first.

    Args:
        zoom: nearer and farther ones too, after those.
    Raises:
        SettingError: there is no such permission.
    """
    if allowed not in ALLOWED:
        raise SettingError(
            "There is no such permission to turn pictures.",
            found=f"--turns {allowed}",
            expected=", ".join(ALLOWED),
            attempt="--turns none",
        )
    zooms = (NEAR, FAR) if zoom else ()
    return (*ALLOWED[allowed], *zooms)[: max(count, 1)]


LEAST_KEPT = 0.8
"""Of what the frozen model knows of a class from the plain view, this share must be left in another
view. A left hand in a mirror keeps none of it, a solar cell all."""


def keeps_its_class(
    plain: Float[np.ndarray, "n k"], turned: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> bool:
    """Does a view leave the class as it is? Judged by a model that has learned from neither.

    Compares what each view tells of the class, in nats beyond the classes' shares.

    Args:
        plain, turned: probabilities of the same items in the two views, out of sample.
    """
    shares = np.bincount(y, minlength=plain.shape[1]) / len(y)
    chance = -float((shares * np.log(np.maximum(shares, 1e-12))).sum())
    known, left = chance - log_loss(plain, y), chance - log_loss(turned, y)
    return known > 0 and left >= LEAST_KEPT * known
