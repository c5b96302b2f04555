"""Which address beyond this machine is let in, and how it is named."""

from __future__ import annotations

import pytest

from handful.errors import SettingError
from handful.workbench.origin import Origin, port_for


@pytest.mark.parametrize(
    ("text", "origin", "address", "port"),
    [
        ("https://work.example", "https://work.example", "https://work.example", None),
        ("https://Work.Example:443/", "https://work.example", "https://work.example", None),
        (
            "https://work.example:8443",
            "https://work.example:8443",
            "https://work.example:8443",
            None,
        ),
        ("http://localhost:9000", "http://localhost:9000", "http://localhost:9000", None),
        (
            "https://hub.example/user/ann/proxy/8888/",
            "https://hub.example",
            "https://hub.example/user/ann/proxy/8888",
            8888,
        ),
        (
            "https://hub.example/user/a%40b/proxy/absolute/9001",
            "https://hub.example",
            "https://hub.example/user/a%40b/proxy/absolute/9001",
            9001,
        ),
        (
            "https://happy-cat-x7-8123.app.github.dev",
            "https://happy-cat-x7-8123.app.github.dev",
            "https://happy-cat-x7-8123.app.github.dev",
            8123,
        ),
    ],
)
def test_an_address_is_read(text: str, origin: str, address: str, port: int | None) -> None:
    """Scheme, host, port and path are taken apart, and the port that some names hold is found."""
    found = Origin.of(text)
    assert (origin, address, port) == (found.origin, found.address, found.port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "work.example",
        "ftp://work.example",
        "https://",
        "http://work.example",
        "https://ann:secret@work.example",
        "https://work.example/?token=x",
        "https://work.example/#x",
        "https://work.example/../x",
        "https://work.example/a b",
        "https://work.example:port",
        "https://*.example",
        "null",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    """Patterns, secrets, and plain http to other machines are refused, and an example is given."""
    with pytest.raises(SettingError) as caught:
        Origin.of(text)
    assert f"--at {text}" == caught.value.found
    assert "https://" in str(caught.value.attempt)


def test_the_port_follows_the_address() -> None:
    """The port that an address names is taken; another one beside it is an error."""
    hub = Origin.of("https://hub.example/user/ann/proxy/8888/")
    assert [8888, 8888, 9, 0] == [
        port_for(hub, None),
        port_for(hub, 8888),
        port_for(Origin.of("https://work.example"), 9),
        port_for(None, None),
    ]
    with pytest.raises(SettingError, match="another port"):
        port_for(hub, 9)
