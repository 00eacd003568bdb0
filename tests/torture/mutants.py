"""Bugs that could have been written, each as a small change of the source, and the test that finds each of them."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of a file, which stands there once, and what takes its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, what makes it, and the test that has to fail with it (`file::test`)."""

    bug: str
    edits: tuple[Edit, ...]
    test: str

    def apply_to(self, tree: Path) -> None:
        """Change the files below `tree`.

        Raises:
            ValueError: the source does not say any more what the bug is made of.
        """
        for edit in self.edits:
            text = (tree / edit.file).read_text(encoding="utf-8")
            if text.count(edit.old) != 1:
                raise ValueError(f"{self.bug}: {edit.file} has {text.count(edit.old)} times {edit.old!r}")
            (tree / edit.file).write_text(text.replace(edit.old, edit.new), encoding="utf-8")

    def row(self) -> str:
        """Return the bug's row in the table of the page."""
        return f"| {self.bug} | `{self.edits[0].file}` | `{self.test}` |"


def _mutant(bug: str, file: str, old: str, new: str, test: str) -> Mutant:
    return Mutant(bug, (Edit(file, old, new),), test)


_PROMOTE = "tests/unit/steps/test_promote.py"
_RUNNER = "tests/unit/test_runner.py"
_POLICY = "tests/unit/release/test_policy.py"
_STORE = "tests/contract/test_store_contract.py"
_SINGLE = "tests/crash/test_single_crashes.py"

MUTANTS = (
    _mutant(
        "The pointer is read after the update",
        "services/steps/promote.py",
        "        return Record(e.PromotionIntended(pointer_for(release, endpoint, wanted, version, now)))\n",
        "        pointer = pointer_for(release, endpoint, wanted, version, now)\n"
        "        if endpoint is not None and wanted in {endpoint.config, endpoint.pending_config}:\n"
        "            return Record(e.PromotionIntended(pointer))\n",
        f"{_RUNNER}::test_the_pointer_is_in_the_store_and_on_the_endpoint_before_prod_is_updated",
    ),
    _mutant(
        "The pointer that was saved last counts, not the first",
        "services/release/lifecycle.py",
        "            return replace(release, pointer=release.pointer or pointer)\n",
        "            return replace(release, pointer=pointer)\n",
        "tests/unit/release/test_lifecycle.py::test_the_first_pointer_stays",
    ),
    _mutant(
        "Prod is updated before the pointer is mirrored as its tag",
        "services/steps/promote.py",
        "    return missing or plan_mirroring(pointer, endpoint, sight.tags) or plan_sending(pointer, endpoint)\n",
        "    return missing or plan_sending(pointer, endpoint)\n",
        f"{_RUNNER}::test_the_pointer_is_in_the_store_and_on_the_endpoint_before_prod_is_updated",
    ),
    _mutant(
        "A decision is written without compare-and-set",
        "services/adapters/redis_scripts.py",
        "if stored[1] ~= ARGV[2] then return stored[2] == ARGV[9] and 1 or 0 end\n",
        "",
        f"{_STORE}::test_of_many_equal_commits_at_once_exactly_one_wins",
    ),
    _mutant(
        "A fact enters the log outside of the transaction",
        "services/adapters/redis_store.py",
        "        if not self._chain(release.id, acts, send):\n"
        '            raise Conflict(f"release {release.id} is no longer at revision {release.revision}")\n'
        "        return stored\n",
        "        late, facts = facts, []\n"
        "        if not self._chain(release.id, acts, send):\n"
        '            raise Conflict(f"release {release.id} is no longer at revision {release.revision}")\n'
        '        self._redis.rpush(key_of("release", release.id, "log"), *late)\n'
        "        return stored\n",
        "tests/contract/test_one_command.py::test_a_commit_is_one_command",
    ),
    Mutant(
        "The ack goes out before the command is stored",
        (
            Edit("bot/slack_app.py", "        process_before_response=True,\n", ""),
            Edit(
                "handlers/commands.py",
                "        slash = inbound.slash(body)\n        command",
                "        slash = inbound.slash(body)\n        ack()\n        command",
            ),
        ),
        "tests/crash/test_ack_order.py::test_a_command_is_stored_before_slack_hears_of_it",
    ),
    _mutant(
        "A fact counts as told before it is told",
        "services/telling.py",
        "            part, acts = self._told.parts, list[Announced]()\n",
        "            part, acts = self._told.parts, list[Announced]()\n            self._mark(entries=entry.seq)\n",
        f"{_SINGLE}::test_a_crash_changes_nothing[rejected]",
    ),
    _mutant(
        "InService alone is success",
        "services/steps/standing.py",
        "        return Standing.LIVE if endpoint.config == wanted else Standing.OTHER\n",
        "        return Standing.LIVE\n",
        f"{_RUNNER}::test_an_update_of_prod_that_ends_badly_is_never_a_success",
    ),
    _mutant(
        "A pending deployment is not looked at",
        "services/steps/standing.py",
        '    if endpoint.status == "InService" and endpoint.pending_config is None:\n',
        '    if endpoint.status == "InService":\n',
        "tests/unit/steps/test_standing.py::test_live_means_in_service_on_the_wanted_config_with_nothing_pending",
    ),
    _mutant(
        "Prod is promoted without comparing the digest",
        "services/steps/promote.py",
        "    if gate_digest(release) != gate.digest:\n",
        "    if not gate.digest:\n",
        f"{_PROMOTE}::test_without_an_approval_of_just_this_nothing_is_done",
    ),
    _mutant(
        "No last look at the lock and the freezes",
        "services/steps/promote.py",
        "    if held is not None:\n        return _held(held)\n",
        "",
        f"{_RUNNER}::test_a_freeze_that_comes_after_the_approval_still_holds_prod",
    ),
    _mutant(
        "Votes outlive the evidence that they were given for",
        "services/release/votes.py",
        "    votes = tuple(vote for vote in release.votes if vote.digest == gate.digest)\n",
        "    votes = release.votes\n",
        "tests/unit/release/test_votes.py::test_a_vote_for_another_digest_does_not_count",
    ),
    _mutant(
        "A gate takes decisions after its time, until a timer comes round",
        "services/release/policy.py",
        '    if now >= gate.expires_at:\n        return Denied("expired", at=gate.expires_at)\n',
        "",
        f"{_POLICY}::test_an_open_gate_takes_its_own_nonce_until_its_very_end",
    ),
    _mutant(
        "A button of an older card counts for the gate that is open",
        "services/release/policy.py",
        '    if nonce != gate.nonce:\n        return Denied("stale_button")\n',
        "",
        f"{_POLICY}::test_an_open_gate_takes_its_own_nonce_until_its_very_end",
    ),
    _mutant(
        "A user group that cannot be read lets everybody through",
        "services/release/policy.py",
        '        return Denied("group_unreadable", people=people, cites=f"{role}.groups")\n',
        '        return Permitted(f"{role}.groups")\n',
        f"{_POLICY}::test_knowing_less_of_a_group_never_permits_more",
    ),
    _mutant(
        "A release is moved on though another worker has it",
        "services/leases.py",
        "            return False\n        with self._lock:\n",
        "            pass\n        with self._lock:\n",
        f"{_RUNNER}::test_a_release_that_is_in_someone_elses_hands_is_left_alone",
    ),
    _mutant(
        "An order is sent though the release has moved on since it was planned",
        "services/runner.py",
        "        if now is None or now.revision != release.revision:\n",
        "        if now is None:\n",
        "tests/unit/test_leases.py::test_a_worker_that_slept_between_its_look_and_its_order_changes_nothing",
    ),
    _mutant(
        "A config is deleted that something still refers to",
        "services/steps/clean_up.py",
        "        if name in sight.existing and name not in sight.kept_configs:\n",
        "        if name in sight.existing:\n",
        "tests/unit/steps/test_clean_up.py::test_what_is_referred_to_is_never_deleted",
    ),
    _mutant(
        "A model of ours is deleted behind a config that somebody made by hand",
        "services/steps/clean_up.py",
        "    return frozenset([*ours, *(config.model for config in foreign if config is not None)])\n",
        "    return frozenset(ours)\n",
        "tests/unit/steps/test_clean_up.py::test_the_model_that_somebody_put_prod_on_by_hand_is_kept",
    ),
    _mutant(
        "An order goes out before it is on record",
        "services/runner.py",
        "        store.witness(release.id, OrderSent(clock.now(), name, arguments))\n",
        "",
        "tests/unit/test_audit_log.py::test_every_change_of_aws_stands_between_its_order_and_its_answer",
    ),
)
