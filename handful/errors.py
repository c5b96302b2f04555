"""Every error that a user can meet. Nothing else of handful is imported here.

    HandfulError        the root: catch this to catch them all
    ├── DataError       the data cannot be used as it is
    │   └── AmbiguousFoldersError   its folders can be read in more than one way
    ├── SettingError    an option or argument is wrong, or would have been ignored
    ├── EncoderError    an encoder is missing, or its weights are not what they should be
    ├── KernelError     a kernel's equations, or its arguments, do not fit together
    ├── BundleError     a `.handful` file is damaged, too new, or not to be trusted
    └── StoreError      the project folder cannot be written, is full, or is in use

Each is four lines long: what happened, the first case of it, what was expected, what to try. The
first line is a sentence with a capital; only the name of a file, a column, an option or an argument
stays as it is. `tests/house/test_errors.py` holds all of them to it.
"""

from __future__ import annotations


class HandfulError(Exception):
    """What happened, where, what was expected, what to try.

    Args:
        what: the fact in one sentence, with counts ("3 of 1204 images cannot be read.").
        found: the place: the first file, row, column or argument, and what is wrong there.
        expected: what would have been right.
        attempt: a command or a change to try next.
    """

    def __init__(
        self, what: str, *, found: str = "", expected: str = "", attempt: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.found = found
        self.expected = expected
        self.attempt = attempt

    def __str__(self) -> str:
        lines = [self.what]
        for name, text in (
            ("found", self.found),
            ("expected", self.expected),
            ("try", self.attempt),
        ):
            if text:
                lines.append(f"  {name + ':':<9} {text}")
        return "\n".join(lines)

    def report(self) -> str:
        """The four lines as a terminal shows them: the name of the error begins the first.

        Python's own traceback puts the name before the text, so the text itself is without it.
        """
        return f"{type(self).__name__}: {self}"

    def to_json(self) -> dict[str, str]:
        """The four fields, as `--json` and HTTP answers carry them."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "found": self.found,
            "expected": self.expected,
            "try": self.attempt,
        }


class DataError(HandfulError):
    """The data cannot be used as it is."""


class AmbiguousFoldersError(DataError):
    """The folders can be read in more than one way, and only a person knows which is meant.

    Args:
        what, found, expected, attempt: as for every error.
        readings: for each way what `--folders` takes, and what it makes of the pictures.
    """

    def __init__(
        self,
        what: str,
        *,
        found: str = "",
        expected: str = "",
        attempt: str = "",
        readings: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(what, found=found, expected=expected, attempt=attempt)
        self.readings = readings


class SettingError(HandfulError, ValueError):
    """An option or argument is wrong, or would have been ignored."""


class EncoderError(HandfulError):
    """An encoder is missing, or its weights are not what they should be."""


class KernelError(HandfulError, ValueError):
    """A kernel's equations, or its arguments, do not fit together."""


class BundleError(HandfulError):
    """A `.handful` file is damaged, too new, or not to be trusted."""


class StoreError(HandfulError):
    """The project folder cannot be written, is full, or is in use."""
