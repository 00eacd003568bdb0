"""One row of the table of attacks, held to what happens. The page is made of the marks that say the rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from fakes.polling import until
from fakes.story import Story
from services.adapters.redis_store import RedisStore
from services.release.audit import GENERAL, Attempted


@dataclass(frozen=True)
class Row:
    """What the mark of a test says.

    Attributes:
        what: the attack or mistake.
        seen: words that somebody is shown, as they stand there.
        code: reason code of the refusal or of the ending.
        record: every try that the audit log has of it, `what: code`, where a try that was let through has no code.
        prod: what became of it.
    """

    what: str
    seen: str
    code: str = ""
    record: str = ""
    prod: str = "untouched"


@dataclass
class Watch:
    """Looks at Sluice before and after an attack."""

    row: Row
    store: RedisStore
    held: bool = False
    heard: list[str] = field(default_factory=list)

    def hears(self, said: str) -> None:
        """Note what somebody was shown."""
        self.heard.append(said)

    @contextmanager
    def over(self, story: Story, release: str) -> Iterator[None]:
        """Hold the row to what happens within to a release of the story."""
        tries, prod = self._tries(release), _prod(story)
        yield
        tried = self._tries(release)[len(tries) :]
        assert any(self.row.seen in said for said in self.heard), self.heard
        assert "; ".join(f"{each.what}: {each.code}".removesuffix(": ") for each in tried) == self.row.record
        codes = {each.code for each in tried} | _codes(story, release)
        assert not self.row.code or self.row.code in codes, codes
        _hold_prod(self.row.prod, story, release, prod)
        self.held = True

    def _tries(self, release: str) -> list[Attempted]:
        acts = (act for chain in (GENERAL, release) for act in self.store.trail(chain).acts)
        return sorted((act for act in acts if isinstance(act, Attempted)), key=lambda act: act.at)


def _prod(story: Story) -> tuple[object, ...]:
    seen = story.aws.endpoint(story.prod) or {}
    return tuple(seen.get(name) for name in ("EndpointConfigName", "EndpointStatus", "LastModifiedTime"))


def _codes(story: Story, release: str) -> set[str]:
    """Return the codes that the release itself carries."""
    document = story.document(release)
    return {(document.get(part) or {}).get("code", "") for part in ("outcome", "stale")}


def _hold_prod(claim: str, story: Story, release: str, before: tuple[object, ...]) -> None:
    match claim:
        case "untouched":
            assert _prod(story) == before
        case "as the hand left it":
            assert str(story.serving()).endswith("-by-hand")
            assert story.pointers() == []
        case "changed once":
            until(lambda: [each["new_config"] for each in story.pointers()] == [story.serving()], f"{release} in prod")
            assert story.log(release).count("Approved") == 1
        case _:
            raise AssertionError(f"nothing says how prod would be {claim}")


@contextmanager
def watched(request: pytest.FixtureRequest, store: RedisStore) -> Iterator[Watch]:
    """Give the watch of a test; a test that does not use it does not hold its row."""
    mark = request.node.get_closest_marker("attack")
    watch = Watch(Row(*mark.args, **mark.kwargs), store)
    yield watch
    assert watch.held, "the row was not held to anything"
