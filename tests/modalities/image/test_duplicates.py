"""Copies of a picture are found and different pictures kept apart, however alike they look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from handful.datasets.solar_cells import solar_cells
from handful.modalities.image import duplicates
from handful.modalities.image.decode import decode
from handful.modalities.image.duplicates import clusters
from handful.modalities.image.facts import Fingerprint, fingerprint
from tests.modalities.image.pictures import encoded, photographs, scene

Change = Callable[[Image.Image], bytes]


def of(data: bytes) -> Fingerprint:
    """The fingerprint of a file."""
    return fingerprint(data, decode(data))


def resized(image: Image.Image, factor: float) -> Image.Image:
    """The picture at another size."""
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


COPIES: dict[str, Change] = {
    "png": lambda image: encoded(image, compress_level=1),
    "jpeg": lambda image: encoded(image, "JPEG", quality=85),
    "half": lambda image: encoded(resized(image, 0.5)),
    "larger": lambda image: encoded(resized(image, 1.37)),
    "darker": lambda image: encoded(ImageEnhance.Brightness(image).enhance(0.85)),
    "flatter": lambda image: encoded(ImageEnhance.Contrast(image).enhance(0.85)),
}


@cache
def cells(n: int) -> tuple[tuple[Image.Image, Fingerprint], ...]:
    """Solar cells, which look much alike: n in the order in which they were cut from modules."""
    files = [item.source.read_bytes() for item in solar_cells().items[1200 : 1200 + n]]
    return tuple((decode(data).image, of(data)) for data in files)


def spotted(image: Image.Image, share: float) -> Image.Image:
    """The picture with a small dark or bright spot: a defect that makes it another picture."""
    changed = image.copy()
    radius = share * min(image.size) / 2
    x, y = image.width * 0.4, image.height * 0.6
    bright = np.asarray(image.convert("L"))[int(y), int(x)] > 127
    box = (x - radius, y - radius, x + radius, y + radius)
    ImageDraw.Draw(changed).ellipse(box, fill="black" if bright else "white")
    return changed


@pytest.mark.parametrize("change", COPIES)
def test_copies_of_photographs_are_found(change: str) -> None:
    """A re-encoded, resized or brightened photograph lies in its original's cluster alone."""
    originals = photographs()
    seen = [of(encoded(image)) for image in originals]
    seen += [of(COPIES[change](image)) for image in originals]
    found = clusters(seen)
    n = len(originals)
    assert list(range(n)) == found[:n].tolist()
    assert np.mean(found[n:] == found[:n]) >= 0.87  # seven of eight: one may be missed


@pytest.mark.parametrize("change", COPIES)
def test_copies_of_solar_cells_are_found(change: str) -> None:
    """Among 60 cells much alike, copies are joined to their own original and to no other."""
    originals = cells(60)
    copied = [of(COPIES[change](image)) for image, _ in originals[:20]]
    found = clusters([*(seen for _, seen in originals), *copied])
    assert list(range(60)) == found[:60].tolist()
    joined = found[60:] == np.arange(20)
    assert joined.mean() >= 0.95
    assert (found[60:][~joined] >= 60).all()


def test_all_solar_cells_are_different() -> None:
    """The hash alone would join cells cut from one wafer; the second look keeps them apart."""
    seen = [one for _, one in cells(60)]
    bits = [(a.phash ^ b.phash).bit_count() for i, a in enumerate(seen) for b in seen[:i]]
    assert sum(count <= duplicates.NEAR_BITS for count in bits) > 10
    assert 60 == len(set(clusters(seen).tolist()))


@pytest.mark.parametrize("share", [0.03, 0.06])
def test_a_small_defect_makes_another_picture(share: float) -> None:
    """A spot of three hundredths of the side, as inspection is after, keeps two pictures apart."""
    for image in [image for image, _ in cells(60)[:12]] + [
        one.convert("L") for one in photographs()
    ]:
        found = clusters([of(encoded(image)), of(encoded(spotted(image, share)))])
        assert [0, 1] == found.tolist()


def test_blank_pictures_are_not_joined() -> None:
    """Nearly blank pictures all look alike, and are joined only where they are exactly the same."""
    rng = np.random.default_rng(0)
    blank = [np.full((64, 64), 200) + rng.normal(0, 1.5, (64, 64)) for _ in range(6)]
    seen = [of(encoded(Image.fromarray(one.astype(np.uint8)))) for one in blank]
    assert list(range(6)) == clusters(seen).tolist()
    assert [0, 1, 0] == clusters([seen[0], seen[1], seen[0]]).tolist()


def test_negatives_and_mirrors_are_other_pictures() -> None:
    """What is turned, mirrored or inverted is no copy."""
    image = photographs()[0].convert("L")
    others = (image.rotate(90), image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    negative = image.point(lambda value: 255 - value)
    seen = [of(encoded(one)) for one in (image, *others, negative)]
    assert [0, 1, 2, 3] == clusters(seen).tolist()


def test_other_colours_make_another_picture() -> None:
    """Red and blue of one brightness differ; a grey copy of a coloured picture is a copy."""
    grey = np.asarray(scene().convert("L"), float)[..., None]
    red, blue = (np.clip(grey + np.array(tint), 0, 255) for tint in ((40, -18, -12), (-20, 2, 42)))
    seen = [of(encoded(Image.fromarray(one.astype(np.uint8)))) for one in (red, blue)]
    assert [0, 1] == clusters(seen).tolist()
    copy = photographs()[0].convert("L")
    assert [0, 0] == clusters([of(encoded(photographs()[0])), of(encoded(copy))]).tolist()


def test_another_shape_is_another_picture() -> None:
    """A picture squeezed to another aspect is not joined, though its thumb is the same."""
    image = photographs()[0]
    squeezed = image.resize((image.width, image.height // 2))
    assert [0, 1] == clusters([of(encoded(image)), of(encoded(squeezed))]).tolist()


def test_same_bytes_and_same_pixels() -> None:
    """Files of the same bytes, and files of the same pixels, are joined across each other."""
    one = of(encoded(scene()))
    pixels = replace(one, content="other bytes", phash=~one.phash % 2**64)
    content = replace(one, pixels="other pixels", phash=0, thumb=bytes(1024))
    other = of(encoded(scene(seed=3)))
    assert [0, 1, 0, 0] == clusters([one, other, pixels, content]).tolist()


def test_bursts_are_one_cluster() -> None:
    """Near duplicates are joined through each other: a slow change is one burst."""
    image = photographs()[0].convert("L")
    steps = [image.point(lambda value, k=k: int(value * 0.9**k)) for k in range(9)]
    seen = [of(encoded(step)) for step in steps]
    assert {0} == set(clusters(seen).tolist())
    assert [0, 1] == clusters([seen[0], seen[8]]).tolist()


def test_no_pictures() -> None:
    """Nothing gives nothing, and one picture is one cluster."""
    assert [] == clusters([]).tolist()
    assert [0] == clusters([of(encoded(scene()))]).tolist()


@cache
def variants() -> tuple[Fingerprint, ...]:
    """Some pictures and some copies of each, to draw sets from."""
    return tuple(
        of(change(scene(60 + 7 * seed, 80, seed=seed)))
        for seed in range(5)
        for change in COPIES.values()
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 29), max_size=40), st.sampled_from([2, 3, 64]))
def test_clusters_equal_brute_force(drawn: Sequence[int], rows: int) -> None:
    """Whatever the tiles: the clusters are the components of all pairs compared one by one."""
    seen = [replace(variants()[k], content=f"{k % 7} {i}") for i, k in enumerate(drawn)]
    n = len(seen)
    parent = list(range(n))

    def root(i: int) -> int:
        return i if parent[i] == i else root(parent[i])

    for i in range(n):
        for j in range(i):
            if alike(seen[i], seen[j]):
                first, second = sorted((root(i), root(j)))
                parent[second] = first
    order = sorted({root(i) for i in range(n)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_ROWS", rows)
        patch.setattr(duplicates, "_COLUMNS", 2 * rows)
        patch.setattr(duplicates, "_PAIRS", 5)
        assert [order.index(root(i)) for i in range(n)] == clusters(seen).tolist()


def alike(one: Fingerprint, other: Fingerprint) -> bool:
    """The rule for two pictures, written a second time, in plain words and by least squares."""
    if one.content == other.content or one.pixels == other.pixels:
        return True
    a, b = (np.frombuffer(x.thumb, np.uint8).astype(float) for x in (one, other))
    if a.std() > b.std():
        a, b = b, a
    slope, offset = np.polyfit(b, a, 1)
    rest = a - (slope * b + offset)
    ratio = (one.width / one.height) / (other.width / other.height)
    return bool(
        (one.phash ^ other.phash).bit_count() <= 8
        and a.std() >= 2
        and b.std() <= 2 * a.std()
        and 1 / 1.1 <= ratio <= 1.1
        and slope > 0
        and np.sqrt((rest**2).mean()) <= max(0.8, 0.0447 * a.std())
        and np.abs(rest).max() <= 3.5 + 0.03 * a.std()
        and same_colours(one, other)
    )


def same_colours(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two pictures' colours agree, or one of them has none."""
    if one.is_grey or other.is_grey:
        return True
    a, b = (np.frombuffer(x.colours, np.uint8).reshape(16, 3).astype(float) for x in (one, other))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    limit = 6 + 0.25 * min(np.abs(a).mean(), np.abs(b).mean())
    return bool(np.abs(a - b).mean() <= limit)


def test_many_alike_are_looked_at_few_times() -> None:
    """Many alike, many blank and many different: no pair is looked at twice for nothing."""
    one = of(encoded(scene()))
    rng = np.random.default_rng(0)
    hashes = [int(value) for value in rng.integers(0, 2**63, 1500)]
    seen = [replace(one, content=f"a{i}", pixels=f"a{i}") for i in range(1500)]
    seen += [replace(one, content=f"b{i}", pixels=f"b{i}", thumb=bytes(1024)) for i in range(1500)]
    seen += [
        replace(one, content=f"c{i}", pixels=f"c{i}", phash=value) for i, value in enumerate(hashes)
    ]
    assert 1 + 1500 + 1500 == len(set(clusters(seen).tolist()))
