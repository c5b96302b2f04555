"""Errors that only the workbench meets; which HTTP status each has is said in `app.py`."""

from __future__ import annotations

from handful.errors import DataError, SettingError


class PictureGoneError(DataError):
    """A picture that was there cannot be shown any more."""


class NoSuchItemError(DataError):
    """A number beyond the items."""


class NotThereError(DataError):
    """An address that leads nowhere."""


class WrongTokenError(SettingError):
    """The token is not that of this server."""
