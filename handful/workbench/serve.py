"""The server: uvicorn on the door's socket, until somebody stops it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import final

import uvicorn

from handful.workbench.app import create_app
from handful.workbench.bench import Bench
from handful.workbench.endpoint import Door

STOPPING_S = 2
TURN_S = 0.001  # an answer takes many turns with the fit, which else computes on for 5 ms each time


def serve(bench: Bench, door: Door, *, opened: Callable[[], None]) -> None:
    """Serve until stopped by Ctrl-C or a signal.

    Args:
        bench: its background work has begun; it is ended here.
        door: where the page is.
        opened: called when the page can be opened.
    """
    config = uvicorn.Config(
        create_app(bench),
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOPPING_S,
        lifespan="off",
        ws="none",
    )
    sys.setswitchinterval(TURN_S)
    server = _Server(config, started=opened, stopping=bench.stop)
    try:
        server.run(sockets=[door.socket])
    finally:
        bench.stop()
        door.socket.close()


@final
class _Server(uvicorn.Server):
    """Tells when it answers, and ends the streams of events before it waits for them."""

    def __init__(
        self, config: uvicorn.Config, *, started: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._when_started = started
        self._when_stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._when_stopping()
        await super().shutdown(sockets)
