"""Releases in Redis or Valkey: documents under compare-and-set, logs, pointers, locks, and the due index."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.adapters import redis_scripts
from services.adapters.audit_lines import sealed
from services.adapters.redis_audit import RedisAudit
from services.adapters.redis_connection import available, problems_of, warnings_of
from services.adapters.redis_documents import (
    entry_from,
    entry_to_text,
    from_text,
    release_from,
    release_if_known,
    to_text,
)
from services.adapters.redis_keys import PREFIX, chain_keys, key_of, new_writer, text_of
from services.ports import Commit, Conflict, Inquiry, Listed, Told
from services.release.audit import Act
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import SCHEMA_VERSION, Freeze, Kind, Lock, Release, RollbackPointer

MOST_POINTERS = 50
_INQUIRY_SECONDS = 3600


class RedisStore(RedisAudit):
    """The ReleaseStore, the AuditTrail, the DueIndex and the Records on one Redis."""

    def check_ready(self) -> list[str]:
        """Return what keeps this server from keeping promises, one sentence each; empty if nothing does."""
        return problems_of(self._redis)

    def warnings(self) -> list[str]:
        """Return what may be so on purpose and is worth a line in the log, one sentence each."""
        return warnings_of(self._redis)

    # --- releases ---------------------------------------------------------------------------------------------------

    def create(self, release: Release, entry: LogEntry, due: datetime, acts: Sequence[Act] = ()) -> str | None:
        """Store a new release, or return the id of the one that has its model's place."""
        keys = [
            key_of("release", release.id),
            key_of("release", release.id, "log"),
            key_of("due"),
            key_of("open"),
            key_of("releases"),
            key_of("releases", "model", release.model),
            key_of("active", release.model),
            *chain_keys(release.id),
        ]
        ended = release.phase in TERMINAL
        takes_place = "1" if release.kind is Kind.DEPLOY and not ended else ""
        document, fact = to_text(replace(release, revision=1)), entry_to_text(entry)
        arguments: list[str | float] = [
            release.id,
            document,
            fact,
            _ms(due),
            _ms(release.requested_at),
            takes_place,
            new_writer(),
            "1" if ended else "",
        ]

        def send(seen: str, head: str, lines: Sequence[str]) -> object:
            return self._run(redis_scripts.CREATE, keys, [*arguments, seen, head, *lines])

        sealing = (*acts, sealed(1, document, (entry,), (fact,), entry.at))
        match self._chain(release.id, sealing, send, head=""):
            case [b""]:
                raise Conflict(f"there is a release {release.id} already")
            case [bytes(holder)]:
                return text_of(holder)
            case _:
                return None

    def load(self, release_id: str) -> Release | None:
        """Return the document, or None."""
        with available():
            text = self._redis.hget(key_of("release", release_id), "document")
        return None if text is None else release_from(text)

    def commit(self, commit: Commit) -> Release:
        """Apply a change if the stored revision is the one it was computed from."""
        release = commit.release
        # What an older Sluice wrote goes on as ours: from here on that one cannot read it, and must not try.
        stored = replace(release, revision=release.revision + 1, schema_version=SCHEMA_VERSION)
        endpoint = commit.pointer.endpoint if commit.pointer else release.deployment.prod_endpoint
        keys = [
            key_of("release", release.id),
            key_of("release", release.id, "log"),
            key_of("due"),
            key_of("open"),
            key_of("active", release.model),
            key_of("pointers", endpoint),
            key_of("lock", release.model),
            *chain_keys(release.id),
        ]
        document, facts = to_text(stored), [entry_to_text(entry) for entry in commit.entries]
        at = commit.entries[-1].at if commit.entries else release.phase_since
        acts = (*commit.acts, sealed(stored.revision, document, commit.entries, facts, at))
        arguments: list[str | int | float] = [
            release.id,
            release.revision,
            document,
            _ms(commit.due),
            "1" if commit.ended else "",
            to_text(commit.pointer) if commit.pointer else "",
            to_text(commit.lock) if commit.lock else "",
            MOST_POINTERS,
            new_writer(),
        ]

        again = _ms(release.requested_at) if commit.goes_on else ""

        def send(seen: str, head: str, lines: Sequence[str]) -> object:
            return self._run(redis_scripts.COMMIT, keys, [*arguments, seen, head, len(lines), again, *lines, *facts])

        if not self._chain(release.id, acts, send):
            raise Conflict(f"release {release.id} is no longer at revision {release.revision}")
        return stored

    def reschedule(self, release: Release, due: datetime | None) -> None:
        """Set when to look again; at once if the document has moved on."""
        keys = [key_of("release", release.id), key_of("due")]
        with available():
            self._run(redis_scripts.RESCHEDULE, keys, [release.id, release.revision, _ms(due)])

    def log(self, release_id: str, after: int = 0) -> Sequence[LogEntry]:
        """Return the log entries with seq > `after`, in order."""
        with available():
            texts = self._redis.lrange(key_of("release", release_id, "log"), after, -1)
        return [entry_from(text) for text in texts]

    def recent(self, limit: int, model: str | None = None) -> Sequence[Release]:
        """Return the newest releases first."""
        key = key_of("releases") if model is None else key_of("releases", "model", model)
        with available():
            ids = self._redis.zrevrange(key, 0, limit - 1) if limit > 0 else []
        return self._load_all(ids)

    def in_progress(self) -> Sequence[Release]:
        """Return all releases that have not ended, oldest first."""
        with available():
            ids = self._redis.zrange(key_of("open"), 0, -1)
        return self._load_all(ids)

    def listed(self, limit: int) -> Listed:
        """Return those in progress and the newest, as far as they can be read."""
        with available():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.zrange(key_of("open"), 0, -1).zrevrange(key_of("releases"), 0, max(limit, 1) - 1)
            under_way, newest = pipeline.execute()
        ids = list(dict.fromkeys([*under_way, *newest[: max(limit, 0)]]))
        found = {
            each: release_if_known(text) for each, text in zip(ids, self._texts(ids), strict=True) if text is not None
        }
        return Listed(
            tuple(filter(None, map(found.get, under_way))),
            tuple(filter(None, map(found.get, newest[: max(limit, 0)]))),
            tuple(text_of(each) for each, release in found.items() if release is None),
        )

    def _load_all(self, ids: Sequence[bytes]) -> list[Release]:
        return [release_from(text) for text in self._texts(ids) if text is not None]

    def _texts(self, ids: Sequence[bytes]) -> Sequence[bytes | None]:
        with available():
            pipeline = self._redis.pipeline(transaction=False)
            for release_id in ids:
                pipeline.hget(key_of("release", text_of(release_id)), "document")
            texts: Sequence[bytes | None] = pipeline.execute() if ids else []
        return texts

    # --- telling ----------------------------------------------------------------------------------------------------

    def told(self, release_id: str) -> Told:
        """Return how much of the release has reached Slack."""
        with available():
            text = self._redis.get(key_of("release", release_id, "told"))
        return Told() if text is None else from_text(Told, text)

    def links(self, release_ids: Sequence[str]) -> Sequence[str]:
        """Return the links to the cards of these releases."""
        keys = [key_of("release", release_id, "told") for release_id in release_ids]
        with available():
            texts = self._redis.mget(keys) if keys else []
        return ["" if text is None else from_text(Told, text).link for text in texts]

    def mark_told(self, release_id: str, told: Told, acts: Sequence[Act] = ()) -> None:
        """Record how much of the release has reached Slack, and by which announcements."""
        key, text = key_of("release", release_id, "told"), to_text(told)
        if acts:
            self._write_acts(release_id, acts, key, text)
        else:
            with available():
                self._redis.set(key, text)

    # --- prod -------------------------------------------------------------------------------------------------------

    def pointers(self, endpoint: str) -> Sequence[RollbackPointer]:
        """Return the endpoint's rollback pointers, newest first."""
        key = key_of("pointers", endpoint)
        with available():
            ids = self._redis.lrange(f"{key}:order", 0, -1)
            texts = self._redis.hmget(key, ids) if ids else []
        return [from_text(RollbackPointer, text) for text in texts if text is not None]

    def lock_of(self, model: str) -> Lock | None:
        """Return the lock on a model's prod, or None."""
        with available():
            text = self._redis.get(key_of("lock", model))
        return None if text is None else from_text(Lock, text)

    def lift_lock(self, model: str) -> Lock | None:
        """Remove the lock and return it."""
        with available():
            text = self._redis.getdel(key_of("lock", model))
        return None if text is None else from_text(Lock, text)

    def freezes(self, model: str) -> tuple[Freeze, ...]:
        """Return the freezes of the model and of all models."""
        with available():
            texts = self._redis.hmget(key_of("freezes"), list(dict.fromkeys((model, "all"))))
        return tuple(from_text(Freeze, text) for text in texts if text is not None)

    def freeze(self, freeze: Freeze) -> None:
        """Put a freeze in force."""
        with available():
            self._redis.hset(key_of("freezes"), freeze.scope, to_text(freeze))

    def thaw(self, scope: str) -> Freeze | None:
        """Lift a freeze and return it."""
        with available():
            pipeline = self._redis.pipeline(transaction=True)
            text, _ = pipeline.hget(key_of("freezes"), scope).hdel(key_of("freezes"), scope).execute()
        return None if text is None else from_text(Freeze, text)

    # --- evidence records -------------------------------------------------------------------------------------------

    def keep_record(self, name: str, text: str) -> None:
        """Keep a record, compressed: one of 2,000 rows has some 400 kB of text, most of it alike."""
        with available():
            self._redis.set(key_of("record", name), zlib.compress(text.encode()))

    def record(self, name: str) -> str | None:
        """Return the text of a record, or None; what somebody put in its place is no record, and read as it is."""
        with available():
            data = self._redis.get(key_of("record", name))
        try:
            return None if data is None else zlib.decompress(data).decode(errors="replace")
        except zlib.error:
            return str(data, errors="replace")

    # --- inquiries, notes, leases -----------------------------------------------------------------------------------

    def ask(self, inquiry: Inquiry) -> None:
        """Keep an inquiry, due at once."""
        with available():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(key_of("inquiry", inquiry.id), to_text(inquiry), ex=_INQUIRY_SECONDS)
            pipeline.zadd(key_of("due"), {f"inquiry:{inquiry.id}": _ms(inquiry.asked_at)})
            pipeline.execute()

    def inquiry(self, inquiry_id: str) -> Inquiry | None:
        """Return an unanswered inquiry; one that was forgotten is taken off the due index."""
        with available():
            text = self._redis.get(key_of("inquiry", inquiry_id))
            if text is None:
                self._redis.zrem(key_of("due"), f"inquiry:{inquiry_id}")
        return None if text is None else from_text(Inquiry, text)

    def answered(self, inquiry_id: str) -> None:
        """Forget an inquiry."""
        with available():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.delete(key_of("inquiry", inquiry_id)).zrem(key_of("due"), f"inquiry:{inquiry_id}").execute()

    def keep_note(self, name: str, text: str, seconds: int) -> None:
        """Keep a small text for some seconds."""
        with available():
            self._redis.set(key_of("note", name), text, ex=seconds)

    def keep_first_note(self, name: str, text: str, seconds: int) -> bool:
        """Keep a small text unless another one is kept under the name."""
        with available():
            return bool(self._run(redis_scripts.LEASE, [key_of("note", name)], [text, seconds * 1000]))

    def note(self, name: str) -> str | None:
        """Return a kept note, or None."""
        with available():
            text = self._redis.get(key_of("note", name))
        return None if text is None else text_of(text)

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease."""
        with available():
            return bool(self._run(redis_scripts.LEASE, [key_of("lease", name)], [holder, max(1, int(seconds * 1000))]))

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back."""
        with available():
            self._run(redis_scripts.RELEASE_LEASE, [key_of("lease", name)], [holder])

    # --- the due index ----------------------------------------------------------------------------------------------

    def take(self, now: datetime, lease_seconds: float, limit: int) -> Sequence[str]:
        """Return due ids (`release:…`, `inquiry:…`) and push each to now + lease."""
        until = now + timedelta(seconds=lease_seconds)
        with available():
            return [
                text_of(item)
                for item in self._run(
                    redis_scripts.TAKE, [key_of("due")], [_ms(now), _ms(until), max(0, limit), PREFIX]
                )
            ]


def _ms(at: datetime | None) -> float | str:
    """Return milliseconds with their fraction: a rounded one would bring what is due a little early."""
    return "" if at is None else at.timestamp() * 1000
