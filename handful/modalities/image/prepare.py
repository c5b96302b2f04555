"""From a decoded picture to the tensor that a graph takes: what learning and predicting share.

Decoding is `decode.py`. A change here that alters pixels raises `RESIZE_CHANGES`, and with it the
version in every recipe, so that no vectors are mixed that were computed from other pixels.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL.Image import Resampling

from handful.modalities.image.decode import DECODE_VERSION, Picture
from handful.modalities.image.levels import Levels
from handful.modalities.image.recipe import Recipe

RESIZE_CHANGES = 0
RECIPE_VERSION = DECODE_VERSION + RESIZE_CHANGES


def image_recipe(size: int, levels: tuple[Levels, ...] = ()) -> Recipe:
    """How this version turns a picture's bytes into a tensor of `size` by `size` pixels."""
    return Recipe(modality="image", size=size, version=RECIPE_VERSION, levels=levels)


def prepare_picture(picture: Picture, recipe: Recipe) -> UInt8[np.ndarray, "h w 3"]:
    """The picture squeezed to the recipe's size, RGB. Thread-safe; may be read-only.

    Bilinear with support that grows as the picture shrinks (so nothing aliases). Grey pictures are
    resized as one channel.
    """
    image = picture.image
    if image.size != (recipe.size, recipe.size):
        image = image.resize((recipe.size, recipe.size), Resampling.BILINEAR)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        grey, pixels = pixels, np.empty((*pixels.shape, 3), np.uint8)
        for channel in range(3):  # a seventh of what broadcasting into the last axis takes
            pixels[:, :, channel] = grey
    return pixels
