"""The container."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.bundle.archive import MAX_MANIFEST_BYTES, pack, salvage, unpack
from handful.errors import BundleError

MEMBERS = {"manifest.json": b"{}", "model.onnx": b"\0" * 1000, "card.md": b"# Card"}
SOUND = pack(MEMBERS)


def refused(data: bytes) -> BundleError:
    """The error that these bytes give."""
    with pytest.raises(BundleError) as caught:
        unpack(data, name="a.handful")
    return caught.value


def zipped(
    members: dict[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """A ZIP by Python's own writer."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return stream.getvalue()


def test_every_other_program_reads_it() -> None:
    """A bundle is a sound ZIP to Python's reader."""
    with zipfile.ZipFile(io.BytesIO(SOUND)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS


@given(st.dictionaries(st.sampled_from(["card.md", "model.onnx", "golden/a.png"]), st.binary()))
def test_what_is_packed_comes_out(members: dict[str, bytes]) -> None:
    """Unpacking gives back what was packed, in the same order."""
    members = {"manifest.json": b"{}", **members}
    assert list(unpack(pack(members), name="x").items()) == list(members.items())


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    """Whatever byte is altered, the file is refused."""
    altered = bytearray(SOUND)
    altered[place] ^= change
    refused(bytes(altered))


@given(st.integers(0, len(SOUND) - 1))
def test_no_byte_can_be_missing(length: int) -> None:
    """A file that stops early is refused, wherever it stops."""
    refused(SOUND[:length])


def test_a_short_file_names_the_member_that_is_cut() -> None:
    """The message says which member stops, and after how many bytes."""
    error = refused(SOUND[:600])
    assert error.what == "a.handful is cut short."
    assert error.found.startswith("model.onnx stops after ")
    assert error.found.endswith(" of 1,000 bytes")


def test_nothing_fits_after_or_before_the_members() -> None:
    """Bytes behind the end, a comment, and bytes in front are refused."""
    assert "foreign after its end" in refused(SOUND + b"IMG_0001.jpg").found
    assert "not a bundle" in refused(b"#!/bin/sh\n" + SOUND).what


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/etc/passwd",
        "model.pkl",
        "golden/../../x.png",
        "C:\\x.png",
        "card.md/",
        "x.py",
    ],
)
def test_strange_members_are_named_and_not_opened(name: str) -> None:
    """Only the members of a bundle are let in: no path, no pickle, no script."""
    error = refused(zipped({**MEMBERS, name: b"x"}))
    assert "holds a member that no bundle has" in error.what
    assert name[:6] in error.found or repr(name)[1:6] in error.found


def test_a_member_comes_once() -> None:
    """Two members of one name, which two readers would see differently, are refused."""
    part = pack({"card.md": b"one"})
    twice = part[: part.index(b"PK\x01\x02")] * 2
    assert "there twice" in refused(twice).found


def test_a_compressed_member_is_refused_before_it_is_unpacked() -> None:
    """A ZIP bomb does not come to grow: its members are compressed, ours never are."""
    error = refused(zipped({"manifest.json": b"0" * 10_000_000}, zipfile.ZIP_DEFLATED))
    assert "compressed" in error.found
    assert "manifest.json" in error.found


def test_a_length_that_is_a_lie_takes_no_memory() -> None:
    """A header that promises four gigabytes is a short file, not an attempt to read them."""
    lie = bytearray(SOUND)
    lie[18:26] = b"\xff" * 8
    assert "4,294,967,295" in refused(bytes(lie)).found


def test_salvage_unpacks_no_more_than_it_may() -> None:
    """What is found in a refused file is bounded, whatever its members say."""
    bomb = zipped({"manifest.json": b"0" * (MAX_MANIFEST_BYTES + 5)}, zipfile.ZIP_DEFLATED)
    assert len(salvage(bomb)["manifest.json"]) == MAX_MANIFEST_BYTES


@given(st.binary())
def test_salvage_never_raises(noise: bytes) -> None:
    """Any bytes at all give members or none."""
    for data in (noise, SOUND[:40] + noise, zipped(MEMBERS)[:-20] + noise):
        assert isinstance(salvage(data), dict)
