"""Which pictures are the same: copies, re-encoded, resized or brightened ones.

Two files with the same bytes, or the same pixels, are the same. Two pictures are nearly so if a
first look (the perceptual hash) and a second one (32 x 32 grey values) both say so; the first alone
would join hundreds of different solar cells. A wrong join parts nothing that belongs together but
makes "one picture with two labels" of two innocent ones, so what is in doubt stays apart.

Thresholds and what they were measured on: docs/decisions/0005-duplicates-and-groups.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8, UInt64

from handful.items.disjoint import DisjointSets
from handful.modalities.image.facts import GREY_SPREAD, Fingerprint

NEAR_BITS = 8
"""Perceptual hashes of near duplicates differ in at most this many of their 64 bits."""

# Of the second look; all in grey levels of 255, after brightness and contrast were fitted.
_MIN_CONTRAST = 2.0  # below this a picture is blank, and all blank pictures look alike
_MAX_RMS = 0.8
_MAX_RMS_OF_CONTRAST = 0.0447  # a correlation of 0.999
_MAX_DIFFERENCE = 3.5  # at any one of the 32 x 32 places: a small defect is no copying error
_MAX_DIFFERENCE_OF_CONTRAST = 0.03
_MAX_CONTRAST_RATIO = 2.0
_MAX_ASPECT_RATIO = 1.1
_MAX_CHROMA = 6.0
_MAX_CHROMA_OF_CHROMA = 0.25

# Pairs of hashes that are compared at a time (rows x columns: what stays in a core's cache), and
# candidate pairs that are looked at again at a time.
_ROWS, _COLUMNS = 64, 8192
_PAIRS = 4096

_Pairs = tuple[Int[np.ndarray, " q"], Int[np.ndarray, " q"]]


def clusters(fingerprints: Sequence[Fingerprint]) -> Int[np.ndarray, " n"]:
    """A cluster number for each picture; the same pictures share one.

    Near duplicates of near duplicates share it, too: a burst is one cluster.

    Args:
        fingerprints: n of them.
    Returns:
        (n,) numbers from 0, in the order of each cluster's first picture.
    """
    sets = DisjointSets(len(fingerprints))
    sets.join_alike(one.content for one in fingerprints)
    sets.join_alike(one.pixels for one in fingerprints)
    exact, first_of_each = sets.numbered(), sets.roots()
    near = _near_clusters(_Looks.of([fingerprints[i] for i in first_of_each]))
    return np.unique(near[exact], return_inverse=True)[1].astype(np.int64)


def _near_clusters(looks: _Looks) -> Int[np.ndarray, " m"]:
    """For each of m different pictures, the first that looks the same, or itself."""
    first = np.arange(len(looks.hashes))
    textured = np.flatnonzero(looks.contrast >= _MIN_CONTRAST)
    for i, j in _alike_at_first_sight(looks.hashes[textured]):
        left, right = textured[i], textured[j]
        # Pairs that others have joined meanwhile need no look: of a thousand alike, few do.
        while len(left := left[apart := first[left] != first[right]]):
            right = right[apart]
            for pair in zip(*looks.same(left[:_PAIRS], right[:_PAIRS]), strict=True):
                one, other = sorted(int(first[k]) for k in pair)
                if one != other:
                    first[first == other] = one
            left, right = left[_PAIRS:], right[_PAIRS:]
    return first


def _alike_at_first_sight(hashes: UInt64[np.ndarray, " n"]) -> Iterator[_Pairs]:
    """All pairs i < j whose hashes differ in few bits, tile by tile."""
    differing = np.empty((_ROWS, _COLUMNS), np.uint64)
    count = np.empty((_ROWS, _COLUMNS), np.uint8)
    n = len(hashes)
    for top in range(0, n, _ROWS):
        rows = hashes[top : top + _ROWS, None]
        for start in range(top - top % _COLUMNS, n, _COLUMNS):
            columns = hashes[None, start : start + _COLUMNS]
            tile = np.s_[: rows.shape[0], : columns.shape[1]]
            np.bitwise_xor(rows, columns, out=differing[tile])
            np.bitwise_count(differing[tile], out=count[tile])
            # Flat, as NumPy finds what is set in one dimension many times faster than in two.
            i, j = np.divmod(np.flatnonzero(count[tile] <= NEAR_BITS), columns.shape[1])
            i, j = i + top, j + start
            upper = i < j
            yield i[upper], j[upper]


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """What n pictures look like, as arrays.

    Args:
        coarse: (n, 64) means of 8 x 8 parts of the thumbs.
        contrast: (n,) standard deviation of each thumb.
        chroma: (n, 48) red, green and blue of 16 parts, less the part's mean; 0 where grey.
    """

    hashes: UInt64[np.ndarray, " n"]
    thumbs: UInt8[np.ndarray, "n 1024"]
    coarse: Float[np.ndarray, "n 64"]
    contrast: Float[np.ndarray, " n"]
    chroma: Float[np.ndarray, "n 48"]
    log_aspect: Float[np.ndarray, " n"]

    @staticmethod
    def of(fingerprints: Sequence[Fingerprint]) -> _Looks:
        n = len(fingerprints)
        thumbs = _stacked([one.thumb for one in fingerprints], 1024)
        parts = _stacked([one.colours for one in fingerprints], 48).reshape(n, 16, 3)
        chroma = parts - parts.mean(axis=2, keepdims=True)
        chroma[np.ptp(parts, axis=2).max(axis=1) <= GREY_SPREAD] = 0
        return _Looks(
            hashes=np.array([one.phash for one in fingerprints], np.uint64),
            thumbs=thumbs,
            coarse=thumbs.reshape(n, 8, 4, 8, 4).mean(axis=(2, 4), dtype=np.float32).reshape(n, 64),
            contrast=thumbs.std(axis=1, dtype=np.float32),
            chroma=chroma.reshape(n, 48).astype(np.float32),
            log_aspect=np.log([one.width / one.height for one in fingerprints]).astype(np.float32),
        )

    def same(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> tuple[Int[np.ndarray, " q"], Int[np.ndarray, " q"]]:
        """Those of the pairs that the second look, too, takes for one picture."""
        for looks_same in (self._is_plausible, self._is_coarsely_same, self._is_same):
            kept = looks_same(left, right)
            left, right = left[kept], right[kept]
        return left, right

    def _max_rms(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> Float[np.ndarray, " p"]:
        contrast = np.minimum(self.contrast[left], self.contrast[right])
        max_rms: Float[np.ndarray, " p"] = np.maximum(_MAX_RMS, _MAX_RMS_OF_CONTRAST * contrast)
        return max_rms

    def _is_plausible(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> Bool[np.ndarray, " p"]:
        low = np.minimum(self.contrast[left], self.contrast[right])
        high = np.maximum(self.contrast[left], self.contrast[right])
        ratio = np.abs(self.log_aspect[left] - self.log_aspect[right])
        plausible: Bool[np.ndarray, " p"] = (high <= _MAX_CONTRAST_RATIO * low) & (
            ratio <= np.log(_MAX_ASPECT_RATIO)
        )
        return plausible

    def _is_coarsely_same(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> Bool[np.ndarray, " p"]:
        # Means over parts only shrink what a fit leaves over, so nothing is refused in error.
        rest = _rest_of_fit(self.coarse[left], self.coarse[right])
        same: Bool[np.ndarray, " p"] = _rms(rest) <= self._max_rms(left, right)
        return same

    def _is_same(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> Bool[np.ndarray, " p"]:
        one, other = (self.thumbs[side].astype(np.float32) for side in (left, right))
        rest = _rest_of_fit(one, other)
        contrast = np.minimum(self.contrast[left], self.contrast[right])
        max_difference = _MAX_DIFFERENCE + _MAX_DIFFERENCE_OF_CONTRAST * contrast
        same: Bool[np.ndarray, " p"] = (
            (_rms(rest) <= self._max_rms(left, right))
            & (np.abs(rest).max(axis=1, initial=0) <= max_difference)
            & self._is_same_colour(left, right)
        )
        return same

    def _is_same_colour(
        self, left: Int[np.ndarray, " p"], right: Int[np.ndarray, " p"]
    ) -> Bool[np.ndarray, " p"]:
        one, other = self.chroma[left], self.chroma[right]
        weaker = np.minimum(np.abs(one).mean(axis=1), np.abs(other).mean(axis=1))
        difference = np.abs(one - other).mean(axis=1)
        # A grey copy of a coloured picture is a copy; one in other colours is not.
        same: Bool[np.ndarray, " p"] = (weaker == 0) | (
            difference <= _MAX_CHROMA + _MAX_CHROMA_OF_CHROMA * weaker
        )
        return same


def _stacked(rows: Sequence[bytes], width: int) -> UInt8[np.ndarray, "n w"]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), width)


def _rms(rows: Float[np.ndarray, "p d"]) -> Float[np.ndarray, " p"]:
    rms: Float[np.ndarray, " p"] = np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1])
    return rms


def _rest_of_fit(
    one: Float[np.ndarray, "p d"], other: Float[np.ndarray, "p d"]
) -> Float[np.ndarray, "p d"]:
    """What is left of the row with less contrast, when the other is fitted to it in a line."""
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    one_2, both, other_2 = (
        np.einsum("ij,ij->i", a, b) for a, b in ((one, one), (one, other), (other, other))
    )
    swap = (one_2 > other_2)[:, None]
    low, high = np.where(swap, other, one), np.where(swap, one, other)
    # A negative is no copy: a slope below zero is not fitted.
    slope = np.maximum(both, 0) / np.maximum(np.maximum(one_2, other_2), 1e-9)
    rest: Float[np.ndarray, "p d"] = low - slope[:, None] * high
    return rest
