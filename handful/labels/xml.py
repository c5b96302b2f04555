"""Labels in XML: CVAT's images with tags or shapes, and Pascal VOC's one picture a file.

Files from elsewhere are not trusted: a document type, which is where entities are declared, is
refused before anything of it is expanded or fetched.

Source: docs.cvat.ai (CVAT for images 1.1); the annotation files of PASCAL VOC's devkit.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from handful.labels.row import Row, row_of_one_class, seconds_of

# What CVAT draws on a picture, each with its class as the attribute `label`.
SHAPES = frozenset(
    {"box", "polygon", "polyline", "points", "mask", "cuboid", "ellipse", "skeleton"}
)


def read(text: str) -> Iterator[tuple[str, Row | str]]:
    """Rows of a CVAT or Pascal VOC file: the class that all tags or objects of a picture name.

    A picture without any was not annotated, and gives no row.

    Raises:
        ValueError: it is not XML, declares a document type, or is neither of the two.
    """
    root = parse(text)
    if root.tag == "annotations":
        yield from _cvat(root)
    elif root.tag == "annotation":
        yield from _voc(root)
    else:
        raise ValueError(f"the outermost element is {root.tag!r}, not annotations or annotation")


def parse(text: str) -> Element:
    """The document's elements. No entity is ever expanded and nothing is fetched.

    Raises:
        ValueError: it is not XML, or declares a document type.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text, True)
        return builder.close()
    except expat.ExpatError as error:
        raise ValueError(f"not XML: {error}") from error


def _refuse_doctype(name: str, *_: object) -> None:
    raise ValueError(
        f"it declares the document type {name!r}, by which a file can grow or fetch others;"
        " a file of labels needs none"
    )


def _cvat(root: Element) -> Iterator[tuple[str, Row | str]]:
    when = seconds_of(root.findtext("meta/task/updated") or root.findtext("meta/dumped"))
    for number, image in enumerate(root.iter("image"), 1):
        path = image.get("name", "").strip()
        tags = [part.get("label", "") for part in image.findall("tag")]
        names = tags or [part.get("label", "") for part in image if part.tag in SHAPES]
        if not path:
            yield f"image {number}", "it has no name"
        elif names:
            yield f"image {number}", row_of_one_class(path, names, time=when)


def _voc(root: Element) -> Iterator[tuple[str, Row | str]]:
    folder, file = (root.findtext(name, "").strip() for name in ("folder", "filename"))
    names = [part.findtext("name", "") for part in root.findall("object")]
    if not file:
        yield "annotation", "it has no filename"
    elif names:
        yield "annotation", row_of_one_class(f"{folder}/{file}" if folder else file, names)
