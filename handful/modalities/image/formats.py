"""The picture formats that are read here: their names, endings and first bytes.

Only parsers that recognise their files by a signature and that are tested against hostile bytes by
Pillow's makers or ours; what is left out, and why, is in decision 142. HEIC needs an extra.
"""

from __future__ import annotations

from functools import cache

from handful.system import installing

ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "AVIF": (".avif",),
    "QOI": (".qoi",),
    "SGI": (".sgi", ".rgb", ".rgba", ".bw"),
    "PCX": (".pcx",),
    "SUN": (".ras",),
    "HEIF": (".heic", ".heif", ".hif"),
}
"""Each format's usual endings, in lower case, the first one the plainest."""

EXPECTED = "JPEG, PNG, TIFF, WebP, BMP, GIF, PPM or AVIF"

UNREAD = frozenset(
    {".jxl", ".jp2", ".j2k", ".j2c", ".jpf", ".jpx", ".psd", ".svg", ".eps", ".ai", ".xcf", ".tga"}
    | {".dds", ".ico", ".icns", ".exr", ".hdr", ".djvu"}
    # Medicine, microscopes, telescopes.
    | {".dcm", ".dicom", ".nii", ".nrrd", ".mha", ".mhd", ".fits", ".fit", ".fts", ".czi", ".lif"}
    | {".nd2", ".oib", ".oif", ".vsi", ".svs", ".ndpi", ".scn", ".mrxs", ".bif", ".zvi", ".ims"}
    | {".mrc", ".dm3", ".dm4"}
    # Raw photographs open as TIFF, but what comes out is the thumbnail inside.
    | {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".raf", ".orf", ".rw2"}
    | {".pef", ".srw", ".3fr", ".erf", ".kdc", ".mrw", ".dcr", ".x3f", ".iiq", ".rwl", ".fff"}
    | {".mef", ".mos", ".gpr"}
)
"""Endings of pictures that are not read here yet: set aside, not passed over."""


@cache
def reads_heic() -> bool:
    """Whether HEIC is read: the extra is installed, and Pillow knows of it after this call."""
    try:
        from pi_heif import register_heif_opener  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return False
    register_heif_opener(thumbnails=False)
    return True


@cache
def reads_avif() -> bool:
    """Whether this Pillow reads AVIF: its wheels do since 11.3, what systems build may not."""
    from PIL import features

    if not features.check("avif"):
        return False
    from PIL import AvifImagePlugin  # noqa: F401  (loaded before several threads decode)

    return True


@cache
def formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are read here and now."""
    missing = set()
    if not reads_heic():
        missing.add("HEIF")
    if not reads_avif():
        missing.add("AVIF")
    return tuple(name for name in (*ENDINGS, "DIB") if name not in missing)


@cache
def suffixes() -> frozenset[str]:
    """Endings of pictures that are read here and now, in lower case."""
    return frozenset(ending for name in formats() if name in ENDINGS for ending in ENDINGS[name])


def why_unread(suffix: str) -> str | None:
    """Why a picture with this ending is set aside; None where the ending is of no picture.

    Args:
        suffix: in lower case, with its full stop.
    """
    kind = suffix[1:].upper()
    if suffix in ENDINGS["HEIF"]:
        return (
            f"{kind} is not read yet: {installing.extra('heic')}, or export it as JPEG, PNG or TIFF"
        )
    if suffix in ENDINGS["AVIF"]:
        return f"{kind} is not read by this Pillow: install a newer one, or export it as JPEG"
    if suffix in UNREAD:
        return f"{kind} is not read yet; export it as JPEG, PNG or TIFF"
    return None
