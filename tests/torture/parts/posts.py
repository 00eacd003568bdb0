"""A worker that dies before or after every call to Slack: between a post and its record, above all.

The Slack is the local one, over HTTP; the announcer and the teller are the product's own.
"""

import os
from collections import Counter
from dataclasses import replace

from fakes.crash import CrashSchedule, Moment
from fakes.telling_deaths import Stage, told
from unit.handlers.local_slack import local_slack

from sandbox.slack.tickets import Limits
from torture.frame import Counts, be_quiet

STORIES = ("released", "smoke_failed", "rejected", "silently_rolled_back", "rolled_back", "package_refused")
OPTIONAL = {"channels:history", "groups:history"}


def run() -> Counts:
    """Die everywhere once, with and without the scopes by which messages are found again."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ.pop(name, None)
    be_quiet()
    looking, blind = deaths(set()), deaths(OPTIONAL)
    public, private = looking.again - looking.again_privately, looking.again_privately
    note = (
        f"in {looking.tried:,} deaths {public} messages of a channel came twice, and {private} private words, which "
        f"cannot be looked for; without the optional scopes {blind.again} messages in {blind.tried:,} deaths."
    )
    return Counts(
        "deaths at a call to Slack",
        looking.tried + blind.tried,
        lost=looking.lost + blind.lost,
        announced=looking.told,
        repeated=looking.again,
        notes=(note,),
        found=(*looking.found, *blind.found),
    )


class Deaths:
    """What became of what was to be told."""

    def __init__(self) -> None:
        self.tried = self.told = self.again = self.again_privately = self.lost = 0
        self.found: list[str] = []

    def add(self, where: str, clean: Counter[str], seen: Counter[str]) -> None:
        """Count one death; `where` says how to see it again."""
        lost, again = clean - seen, seen - clean
        self.tried += 1
        self.told += seen.total()
        self.lost += lost.total()
        self.again += again.total()
        self.again_privately += again["private"]
        self.found += [f"{where}: never said {dict(lost)}"] if lost else []


def deaths(without: set[str]) -> Deaths:
    """Tell each story with a death at each of its calls, to a Slack that did not grant some scopes."""
    counted = Deaths()
    for name in STORIES:
        with local_slack() as slack:
            slack.emulator.limits = Limits(file_seconds=0.0)
            slack.emulator.manifest = replace(slack.emulator.manifest, scopes=slack.emulator.manifest.scopes - without)
            stage, counting = Stage(slack.url), CrashSchedule()
            clean = told(stage.tell(name, counting))
            for number, call in enumerate(counting.calls, start=1):
                for moment in Moment:
                    seen = told(stage.tell(name, CrashSchedule(number, moment)))
                    counted.add(f"{name}: {moment.value} call {number}, {call}", clean, seen)
    return counted
