"""Why one item's content cannot be read. What is wrong with it is found by its modality."""

from __future__ import annotations

from handful.errors import DataError


class DecodeFailure(DataError):  # noqa: N818  (a result that is handed on, more than an error)
    """One item's content cannot be read.

    Args:
        why: the reason in plain words, without the path ("truncated: ...").
        path: the item's path, where it is known.
        lasting: True if the reason lies in the bytes, so that it holds until the file changes;
            False if it may pass (no permission, no such file, not enough memory).
        what: the first line of the error.
        expected: what can be read.
    """

    def __init__(
        self,
        why: str,
        *,
        path: str = "",
        lasting: bool = True,
        what: str = "A file cannot be read.",
        expected: str = "a file that this account may read, with content",
    ) -> None:
        super().__init__(
            what,
            found=f"{path} ({why})" if path else why,
            expected=expected,
            attempt="open it in a viewer; save it anew, or take it out",
        )
        self.why = why
        self.lasting = lasting
