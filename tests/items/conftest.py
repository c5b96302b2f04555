"""What several tests of items need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from handful.items import damage, formats


@pytest.fixture
def without_heic() -> Iterator[None]:
    """As if the extra `heic` were not installed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (formats, damage):
            patch.setattr(module, "reads_heic", lambda: False)
        _forget()
        yield
    _forget()


def _forget() -> None:
    formats.formats.cache_clear()
    formats.suffixes.cache_clear()
