"""The connection to Redis or Valkey: where the server is, how long it is waited for, whether it can keep promises."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel
from typing_extensions import override

from services.ports import Full, Unavailable

_RETRIES = 3
_SENTINEL_PORT = 26379
_SENTINEL_FORM = "redis+sentinel://[user:password@]host[:port][,host[:port]…]/service[/database]"


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_T = TypeVar("_T")


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Begin no call to the store, nor try one again, after so many seconds; for what this thread does inside.

    A server that answers, but slowly, takes many calls' time for one command; who waits has to hear so in time.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _is_late() -> bool:
    deadline = _deadline.get()
    return deadline is not None and time.monotonic() > deadline


class _WithinTime(Retry):
    """Tries again while there is time."""

    @override
    def call_with_retry(self, do: Callable[[], _T], fail: Callable[..., Any], *rest: Any, **more: Any) -> _T:
        """Call `do` until it succeeds, has failed often enough, or the time is over."""

        def failed(error: Exception, *counted: Any) -> Any:
            result = fail(error, *counted)
            if _is_late():
                raise error
            return result

        return super().call_with_retry(do, failed, *rest, **more)


def connect(url: str, timeout: float = 5.0) -> redis.Redis:
    """Return a client that tries a broken connection again, briefly; what stays broken is Unavailable.

    `timeout` (seconds) bounds one try: whoever has to answer Slack within 3 s cannot wait for a server that hangs.
    A `redis+sentinel://` address (`rediss+sentinel://` for TLS) names the Sentinels and the service whose primary they
    know; anything else is redis-py's own kind of address.

    Raises:
        ValueError: the address has not the right form.
    """
    # A primary that became a replica keeps its connections: only a new one finds who is the primary now.
    again = [redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError]
    patience: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": _WithinTime(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES),
        "retry_on_error": again,
    }
    parts = urlsplit(url)
    if parts.scheme.endswith("+sentinel"):
        return _behind_sentinels(parts, patience)
    return redis.Redis.from_url(url, **patience)


def _behind_sentinels(parts: SplitResult, patience: dict[str, Any]) -> redis.Redis:
    login, _, places = parts.netloc.rpartition("@")
    user, _, password = map(unquote, login.partition(":"))
    service, _, database = parts.path.strip("/").partition("/")
    if parts.scheme not in {"redis+sentinel", "rediss+sentinel"} or not (places and service):
        raise ValueError(f"the form is {_SENTINEL_FORM}")
    addresses = [_address(place) for place in places.split(",")]
    given = {**patience, "ssl": True} if parts.scheme == "rediss+sentinel" else patience
    asking = {name: value for name, value in given.items() if not name.startswith("retry")}
    sentinel: Any = Sentinel  # redis-py gives it no types
    primary: redis.Redis = sentinel(addresses, sentinel_kwargs=asking).master_for(
        service, db=int(database or 0), username=user or None, password=password or None, **given
    )
    return primary


def _address(place: str) -> tuple[str, int]:
    parts = urlsplit(f"//{place}")
    return parts.hostname or "127.0.0.1", parts.port or _SENTINEL_PORT


@contextmanager
def available() -> Iterator[None]:
    """Turn what redis-py raises into what the ports know.

    Raises:
        Full: the server has no memory left; nothing was written.
        Unavailable: it did not answer, or would not; what was asked of it may have been done all the same.
    """
    if _is_late():
        raise Unavailable("the store answered too slowly")
    try:
        yield
    except redis.OutOfMemoryError as error:
        raise Full(f"the store is full: {error}") from error
    except redis.RedisError as error:
        raise Unavailable(f"the store did not answer: {error}") from error


def problems_of(client: redis.Redis) -> list[str]:
    """Return what keeps this server from keeping promises, one sentence each; empty if nothing does."""
    server: Any = client
    try:
        memory, role = server.info("memory"), server.info("replication").get("role")
        clustered = server.info("cluster").get("cluster_enabled")
    except redis.RedisError as error:
        return [f"the server does not answer ({error})"]
    problems = []
    # Without a limit on memory nothing is ever evicted, whatever the policy.
    if memory.get("maxmemory", 0) and memory.get("maxmemory_policy") != "noeviction":
        policy = memory.get("maxmemory_policy")
        problems.append(f"maxmemory-policy is {policy}; it must be noeviction, or releases could vanish")
    if role in {"slave", "replica"}:
        problems.append("the server is a replica and takes no writes; it must be the primary")
    if clustered:
        problems.append("the server runs in cluster mode, which Sluice does not know; it must be a single primary")
    return problems


def warnings_of(client: redis.Redis) -> list[str]:
    """Return what may be so on purpose and is worth a line in the log, one sentence each."""
    server: Any = client
    with available():
        kept = server.info("persistence").get("aof_enabled")
    return [] if kept else ["appendonly is off; what was acknowledged since the last snapshot dies with the server"]
