"""`Model`: what `project.fit()` and `handful.load()` return. It *is* the file that it saves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast, final, overload

from handful.bundle import archive
from handful.bundle.manifest import Manifest
from handful.bundle.predict import Prediction, Predictor, expand
from handful.bundle.sources import Source, each, is_one
from handful.bundle.write import write
from handful.errors import DataError
from handful.estimate.figure import Blocked, Estimate
from handful.system.notebook import small_table

__all__ = ["Model", "Prediction"]


@final
class Model:
    """A trained model with its estimate. Made by `project.fit()` and `handful.load()`.

    Args:
        manifest: what it says of itself.
        contents: every other member of its file, by name.
        predictor: of the graph among `contents`.
        root: the data folder that relative paths are looked up in; it is not saved.
    """

    def __init__(
        self,
        manifest: Manifest,
        contents: Mapping[str, bytes],
        *,
        predictor: Predictor,
        root: Path | None = None,
    ) -> None:
        self.manifest = manifest
        self.contents = contents
        self.predictor = predictor
        self._root = root

    @property
    def classes(self) -> tuple[str, ...]:
        """The names that it can give, sorted."""
        return self.manifest.classes

    @property
    def estimate(self) -> Estimate:
        """How good it is, from items that it had not learned from."""
        return self.manifest.estimate

    @property
    def test(self) -> Estimate | None:
        """How good it is on items kept aside from the start; None where there were none."""
        return self.manifest.test

    @property
    def blocked(self) -> Blocked | None:
        """How good it is on a new series; None where neighbours do not clearly help each other."""
        return self.manifest.caveats.blocked if self.manifest.caveats else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes its figures untrue, or was left out of them to keep them true."""
        return self.manifest.caveats.warnings if self.manifest.caveats else ()

    @property
    def encoder(self) -> str:
        """The name of the frozen network inside."""
        return self.manifest.encoder.name

    @property
    def identity(self) -> str:
        """A hash over everything in the file: two models with one identity are the same."""
        return self.manifest.digest

    @property
    def network(self) -> str:
        """SHA-256 of its network: models that share it give the same answers."""
        return self.manifest.members[archive.MODEL].sha256

    @property
    def card(self) -> str:
        """The model card, in Markdown."""
        return self.contents[archive.CARD].decode()

    @overload  # a string is an iterable of strings too: the first that fits counts
    def predict(  # type: ignore[overload-overlap]
        self, source: Source, *, root: Path | None = None
    ) -> Prediction: ...
    @overload
    def predict(
        self, source: Iterable[Source], *, root: Path | None = None
    ) -> list[Prediction]: ...
    def predict(
        self, source: Source | Iterable[Source], *, root: Path | None = None
    ) -> Prediction | list[Prediction]:
        """The answer for one picture, or a list of answers for several.

        Among several, one that cannot be read gets an answer with `error` set; the rest goes on.

        Args:
            source: a path, an Item, the bytes of a file, a Pillow picture or an array: (h, w) in
                uint8, uint16 or float, (h, w, 3 or 4) in uint8, or float in 0 … 1. Or several: a
                folder, an array (n, h, w, 3), or any iterable of these.
            root: where relative paths start. Without it, a model just trained looks in its data
                folder first; then the working folder counts.
        Raises:
            DataError: a single picture was asked for and cannot be read.
        """
        if isinstance(source, (str, Path)) and str(source) and root is None:
            inside = expand([source])
            if inside != [str(source)]:
                return list(self.predict_many(inside))
        if not is_one(source):
            return list(self.predict_many(cast(Iterable[Source], source), root=root))
        (answer,) = self.predict_many([cast(Source, source)], root=root)
        if answer.error:
            raise DataError(
                "The picture cannot be read.",
                found=f"{answer.path or 'the bytes given'} ({answer.error})",
                expected="a picture file",
                attempt="handful doctor on its folder says more",
            )
        return answer

    def predict_many(
        self, sources: Iterable[Source], *, root: Path | None = None
    ) -> Iterator[Prediction]:
        """Answers one by one, in order, in constant memory however many there are."""
        here = Path()
        live = (here,) if self._root is None else (self._root, here)
        return self.predictor.predict_many(each(sources), roots=live if root is None else (root,))

    def save(self, path: str | Path) -> Path:
        """Write the model to one file and return its path.

        Raises:
            StoreError: the place cannot be written, is full, or holds something else.
        """
        return write(self.to_bytes(), path)

    def to_bytes(self) -> bytes:
        """The file, byte for byte: the same model gives the same bytes."""
        return archive.pack({archive.MANIFEST: self.manifest.to_bytes(), **self.contents})

    def __reduce__(self) -> tuple[object, ...]:
        """A copy, and what another process gets: the file's bytes, checked when they are read."""
        return _again, (self.to_bytes(), self._root)

    def __repr__(self) -> str:
        accuracy = self.estimate.accuracy
        return (
            f"Model({len(self.classes)} classes, {self.encoder}, "
            f"accuracy {accuracy}, n = {accuracy.n:,})"
        )

    def _repr_html_(self) -> str:
        """In a notebook: classes, encoder and figures as a small table."""
        shown = self.test or self.estimate
        rows = {
            "classes": ", ".join(self.classes[:12]) + (" …" if len(self.classes) > 12 else ""),
            "learned from": f"{self.manifest.data.items:,} items, {self.encoder}",
            "accuracy": f"{shown.accuracy}",
            "log-loss": f"{shown.log_loss}",
            "calibration error": f"{shown.calibration_error}",
            "measured": f"{shown.method}, n = {shown.n:,}",
        }
        return small_table("handful model", rows)


def _again(data: bytes, root: Path | None) -> Model:
    """The model that `Model.__reduce__` has told of."""
    from handful.bundle.load import from_bytes

    model = from_bytes(data)
    return Model(model.manifest, model.contents, predictor=model.predictor, root=root)
