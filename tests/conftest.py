"""Before any test: annotations are checked at run time, and the network is out of reach.

Tests run in one process for each core (`make test`), in any order. So they share nothing but the
folder of compiled kernels, which is made for processes that race.
"""

import importlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("handful", "beartype.beartype")
importlib.import_module("handful")  # switches telemetry off before a test imports ONNX Runtime

# What is sound is never failed by a busy machine: an example may take as long as it takes.
settings.register_profile("handful", deadline=None)
settings.load_profile("handful")

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Kernels are compiled into a folder of this run, once for all of its processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    os.environ["HANDFUL_CACHE"] = str(shared / "compiled")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection beyond this machine fails the test that tried it."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host and not str(host).startswith(LOOPBACK):
            pytest.fail(f"the network was asked for: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture
def without_heic() -> Iterator[None]:
    """As if the extra `heic` were not installed."""
    from handful.modalities.image import damage, formats

    with pytest.MonkeyPatch.context() as patch:
        for module in (formats, damage):
            patch.setattr(module, "reads_heic", lambda: False)
        formats.formats.cache_clear()
        formats.suffixes.cache_clear()
        yield
    formats.formats.cache_clear()
    formats.suffixes.cache_clear()
