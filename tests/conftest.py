"""What holds for every test: sockets reach this machine only, and no test is held to the time that it takes.

Files that take long come first: what is handed out last keeps all other processes waiting.
"""

import ipaddress
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Hypothesis has limits of time of its own, which a busy machine would break.
settings.register_profile("sluice", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sluice")

Address = tuple[object, ...] | str | bytes

_LONG = ("slow", "crash")
"""The marks of tests that take long, the longest first."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files; within one, tests stay as they are written."""
    ranks: dict[str, int] = {}
    for item in items:
        rank = next((place for place, mark in enumerate(_LONG) if item.get_closest_marker(mark)), len(_LONG))
        ranks[_file_of(item)] = min(rank, ranks.get(_file_of(item), rank))
    items.sort(key=lambda item: ranks[_file_of(item)])


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
