"""What holds for every test: sockets reach this machine only."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest

Address = tuple[object, ...] | str | bytes

_connect = socket.socket.connect


def _is_loopback(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guarded_connect(sock: socket.socket, address: Address) -> None:
    if sock.family != socket.AF_UNIX and isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise PermissionError(f"a test wanted to reach {address[0]}; tests reach this machine only")
    _connect(sock, address)


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Refuse connections to any other machine, also from libraries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded_connect)
        yield
