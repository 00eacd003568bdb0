"""The audit log in Redis: chains of lines, each beside its head, and what vouches for them."""

from collections.abc import Callable, Sequence
from typing import Any

import redis

from services.adapters import redis_scripts
from services.adapters.audit_lines import acts_from, chained_acts
from services.adapters.redis_connection import available
from services.adapters.redis_keys import chain_keys, key_of, new_writer, raw_text, text_of
from services.ports import Unavailable
from services.release.audit import GENERAL, LOOKS_KEPT, Act, Trail, lapses

_CHAIN_TRIES = 100


class RedisAudit:
    """The AuditTrail on one Redis, and what adds to it."""

    def __init__(self, client: redis.Redis) -> None:
        """Use `client`."""
        # redis-py's return types mix its sync and async clients; what comes back is checked where it is read.
        self._redis: Any = client

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[str | float]) -> Any:
        """Run a script; it is sent whole each time, as a server that took over meanwhile knows none of ours."""
        return self._redis.eval(script, len(keys), *keys, *arguments)

    def witness(self, chain: str, *acts: Act) -> None:
        """Add acts to an audit log."""
        self._write_acts(chain, acts)

    def chains(self) -> Sequence[str]:
        """Return the names of all audit logs, oldest first."""
        with available():
            looked = [
                name
                for name in self._redis.smembers(key_of("audit", "looks"))
                if self._redis.exists(chain_keys(text_of(name))[0])
            ]
            return [
                GENERAL,
                *sorted(map(text_of, looked)),
                *map(text_of, self._redis.zrange(key_of("releases"), 0, -1)),
            ]

    def trail(self, chain: str) -> Trail:
        """Return an audit log and what it vouches for, as stored, whatever has become of it."""
        lines_key, head_key = chain_keys(chain)
        with available():
            pipeline = self._redis.pipeline(transaction=True).lrange(lines_key, 0, -1).get(head_key)
            pipeline.lrange(key_of("release", chain, "log"), 0, -1).hget(key_of("release", chain), "document")
            found, head, facts, document = pipeline.execute()
        lines = tuple(map(raw_text, found))
        return Trail(chain, lines, acts_from(lines), raw_text(head), tuple(map(raw_text, facts)), raw_text(document))

    def _write_acts(self, chain: str, acts: Sequence[Act], told_key: str = "", told: str = "") -> None:
        keys = [*chain_keys(chain), told_key, key_of("witnessed", new_writer()), key_of("audit", "looks")]
        kept = int(LOOKS_KEPT.total_seconds()) if lapses(chain) else ""

        def send(seen: str, head: str, lines: Sequence[str]) -> object:
            return self._run(redis_scripts.WITNESS, keys, [seen, head, told, chain, kept, *lines])

        self._chain(chain, acts, send)

    def _chain(
        self,
        chain: str,
        acts: Sequence[Act],
        send: Callable[[str, str, Sequence[str]], object],
        head: str | None = None,
    ) -> object:
        """Chain acts to the head and send them, again and again to the head that someone else made meanwhile.

        Where the head is as good as known, it is not asked for.

        Raises:
            Unavailable: others were always faster.
        """
        with available():
            head = raw_text(self._redis.get(chain_keys(chain)[1])) if head is None else head
            for _ in range(_CHAIN_TRIES):
                lines, new_head = chained_acts(head, acts)
                answer = send(head, new_head, lines)
                if not isinstance(answer, bytes | str):
                    return answer
                head = raw_text(answer)
        raise Unavailable(f"the audit log of {chain} changes too fast to add to it")
