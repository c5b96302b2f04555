"""The one address beyond this machine at which the page may be opened: a tunnel's or a proxy's.

The socket stays on the loopback. What is named here is which `Host`, which `Origin` and which path
before our own belong to the tunnel that the user has opened; every other is refused as before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from handful.errors import SettingError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
_PATH = re.compile(r"(/[A-Za-z0-9._~@%+-]+)*/?")
# Both say which port of ours they lead to.
_PORT_NAMED = (
    re.compile(r"/proxy/(?:absolute/)?(\d{1,5})/?$"),
    re.compile(r"^https://[a-z0-9-]+-(\d{1,5})\.app\.github\.dev/?$"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and path of an address.

    Args:
        scheme: "https"; "http" for this machine's own names alone.
        host: as the header `Host` has it: with the port where it is not the scheme's own.
        prefix: path before ours, such as "/user/ann/proxy/8888", or empty.
    """

    scheme: str
    host: str
    prefix: str = ""

    @property
    def origin(self) -> str:
        """As the header `Origin` has it."""
        return f"{self.scheme}://{self.host}"

    @property
    def address(self) -> str:
        """Where the page is, without a slash at the end."""
        return self.origin + self.prefix

    @property
    def port(self) -> int | None:
        """The port of this machine that the address names, as JupyterHub's and Codespaces' do."""
        for pattern in _PORT_NAMED:
            if (found := pattern.search(self.address)) and 0 < int(found[1]) < 65_536:
                return int(found[1])
        return None

    @staticmethod
    def of(text: str) -> Origin:
        """The origin that the user wrote.

        Raises:
            SettingError: it is no such address, or one over which the token would go unencrypted.
        """
        try:
            parts = urlsplit(text.strip())
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise _wrong(text, "an address such as https://work.example") from None
        if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host):
            raise _wrong(text, "an address such as https://work.example")
        if parts.query or parts.fragment or parts.username is not None or parts.password:
            raise _wrong(text, "scheme, host and path alone: no token, no name, no question mark")
        if not _PATH.fullmatch(parts.path) or "/../" in f"{parts.path}/":
            raise _wrong(text, "a path of plain names, such as /user/ann/proxy/8888/")
        if parts.scheme == "http" and host not in LOOPBACK:
            raise _wrong(text, "https, for over http everyone on the way could read the token")
        shown = f"[{host}]" if ":" in host else host
        if port is not None and port != DEFAULT_PORTS[parts.scheme]:
            shown += f":{port}"
        return Origin(parts.scheme, shown, parts.path.rstrip("/"))


def _wrong(text: str, expected: str) -> SettingError:
    return SettingError(
        "This is no address at which the page can be opened.",
        found=f"--at {text}",
        expected=expected,
        attempt="--at https://HOST, or --at https://HUB/user/NAME/proxy/PORT/",
    )


def port_for(at: Origin | None, port: int | None) -> int:
    """The port to listen on; 0 where any will do.

    Raises:
        SettingError: the address leads to another port than the one that is wanted.
    """
    named = None if at is None else at.port
    if at is not None and named is not None and port not in (None, named):
        raise SettingError(
            "The address leads to another port.",
            found=f"--port {port}, and {at.address} leads to {named}",
            expected="one port",
            attempt=f"--port {named}",
        )
    return port or named or 0
