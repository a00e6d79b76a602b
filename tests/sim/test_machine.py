"""Whatever honest nodes and their links go through, five things hold (30-ledger, "Crash rule").

A state machine does to three nodes what a bad year does: cut links, one-way links, restarts, restored backups, full
disks, machine restarts, changes of keys, and always somebody speaking. After each step, and whole at the end:

1. nothing receipted is lost at either side (a restored node has it back before it signs again);
2. no two heads signed for one log conflict;
3. every copy is a prefix of its log;
4. every receipt verifies as a `.tlog-proof` file under the signers' keys;
5. `seen` never falls, and nobody is accused: all are honest.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detente.errors import LocalError
from detente.node import timing
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.keys import VerifierKey
from detente.proof.receipt import check_receipt, parse_proof, receipt_policy
from tests.sim.world import HOUR, MINUTE, NAMES, NOTICE, MemoryMark, MemoryStore, World, adopt, offer, out

CODES = st.sampled_from(list(NAMES))
PAIRS = st.sampled_from([(a, b) for a in NAMES for b in NAMES if a != b])

# What may be said of honest nodes in such a year: silence, and sending from the wrong place after a restore.
HARMLESS = {
    "receipt-overdue",
    "heartbeat-missed",
    "wrong-size",
    "stale-checkpoint",
    "backup-restored",
    "not-signing",
    "peer-refuses",
    "root-stale",
    "mirror-lost-entry",  # it did lose it, until it is brought up again
    "receipt-wrong-role",  # a new mirror key, shown before the new root could be read
}


class BadYear(RuleBasedStateMachine):
    """`heads`: the root of every head ever shown to anyone, by (log, size); `keys`: every log and mirror key ever used.

    A head that a node signed and lost with its disk before anybody was shown it binds nobody.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.heads: dict[tuple[str, int], bytes] = {}
        self.receipted: dict[str, int] = {}
        self.backups: dict[str, MemoryStore] = {}
        self.versions = dict.fromkeys(NAMES, 1)
        self.keys: dict[tuple[str, str], list[VerifierKey]] = {}
        self.note()

    # what happens

    def quietly(self, work: Callable[[], object]) -> None:
        """A node that may not sign, or has a full disk, says so; that is no failure of the test."""
        try:
            work()
        except LocalError as error:
            if error.code not in ("not-signing", "disk-full", "not-adopted"):
                raise

    @rule(pair=PAIRS, number=st.sampled_from([1, 1, 1, 3, 300]))
    def say(self, pair: tuple[str, str], number: int) -> None:
        def work() -> None:
            with self.world.speaking(pair[0]) as house:
                for _ in range(number):
                    house.say(out(pair[1], "notice", NOTICE), self.world.now)

        self.quietly(work)

    @rule(code=CODES)
    def offer(self, code: str) -> None:
        def work() -> None:
            with self.world.speaking(code) as house:
                offer(house, self.world.now)

        self.quietly(work)

    @rule(code=CODES)
    def adopt(self, code: str) -> None:
        def work() -> None:
            with self.world.speaking(code) as house:
                adopt(house, self.world.now)

        self.quietly(work)

    @rule(seconds=st.sampled_from([1, 59, 61, 300, 601]))
    def wait(self, seconds: int) -> None:
        self.world.now += seconds * 1000
        self.world.tick()

    @rule(code=CODES)
    def cut(self, code: str) -> None:
        self.world.cut(code)

    @rule(code=CODES)
    def restore(self, code: str) -> None:
        self.world.restore(code)

    @rule(pair=PAIRS)
    def hold(self, pair: tuple[str, str]) -> None:
        self.world.hold(*pair)

    @rule(pair=PAIRS)
    def release(self, pair: tuple[str, str]) -> None:
        self.world.release(*pair)

    @rule(code=CODES)
    def restart(self, code: str) -> None:
        self.world.restart(code)
        self.world.run()

    @rule(code=CODES)
    def restart_machine(self, code: str) -> None:
        self.world.restart(code, mark=MemoryMark())
        self.world.run()

    @rule(code=CODES)
    def back_up(self, code: str) -> None:
        self.backups[code] = self.world.backup(code)

    @precondition(lambda self: self.backups)
    @rule(data=st.data(), mark=st.booleans())
    def restart_from_backup(self, data: st.DataObject, mark: bool) -> None:
        code = data.draw(st.sampled_from(sorted(self.backups)))
        others = [self.world.house(other) for other in NAMES if other != code]
        if any(copy.unsure for house in others for copy in house.batches.copies()):
            return  # two disks lost at once: what only these two nodes had is gone, and no rule brings it back
        if self.keys_changed_since(code) or self.shown_without_entries(code):
            return  # the keys of a change come from the private store: tests/node/test_restart.py
        kept = self.world.nodes[code].mark if mark else MemoryMark()
        self.world.restart(code, store=self.backups[code].copy(), mark=kept)
        self.world.run()

    def shown_without_entries(self, code: str) -> bool:
        """Whether somebody was shown a head of the node whose entries reached nobody: after a restore they are gone.

        Then the log stays closed, as it must, and a person decides (tests/node/test_restart.py).
        """
        for log, terms in self.world.terms.logs.items():
            mirror = self.world.mirror(terms.audience, terms.sender)
            held = [self.world.house(cosigner).cosigners[log].head for cosigner in terms.cosigners]
            shown = [head.head.size for head in (mirror.pending, *held) if head is not None]
            if terms.sender == code and max(shown, default=0) > mirror.size:
                return True
        return False

    def keys_changed_since(self, code: str) -> bool:
        return len(self.backups[code].statements("root", f"demo/test/{code}/to-{self.other(code)}")) != len(
            self.world.store(code).statements("root", f"demo/test/{code}/to-{self.other(code)}")
        )

    @staticmethod
    def other(code: str) -> str:
        return "us" if code != "us" else "ru"

    @rule(code=CODES)
    def disk_full(self, code: str) -> None:
        """Every batch of the node fails for a while; whatever it was doing is undone."""
        self.world.store(code).full = True
        house, now = self.world.house(code), self.world.now
        for kind in ("notice", "call"):
            fields = NOTICE if kind == "notice" else {"about": "op", "text": "x"}
            with pytest.raises(LocalError), house.batch(now):
                house.say(out(self.other(code), kind, fields), now)
        with pytest.raises(LocalError), house.batch(now + HOUR):
            house.tick(now + HOUR)
        self.world.store(code).full = False

    @rule(code=CODES, keep=st.sampled_from([(), ("root", "log", "cosigner", "mirror"), ("release", "root")]))
    def rotate(self, code: str, keep: tuple[str, ...]) -> None:
        if self.versions[code] == 4 or self.world.house(code).restart.closed:
            return
        self.versions[code] += 1
        self.world.rotate(code, keep, self.versions[code])

    # what holds

    def note(self) -> None:
        """Remember every key and head there is now."""
        for code in NAMES:
            house = self.world.house(code)
            for log in house.ledgers:
                for key in house.state.log_keys(log):
                    self.remember(("log", log), key)
            shown = [held for mirror in house.mirrors.values() for held in (mirror.head, mirror.pending)]
            shown += [cosigner.head for cosigner in house.cosigners.values()]
            for held in shown:
                if held is not None:
                    self.check_head(held.head.origin, held.head.size, held.head.root)
            for key in house.state.mirror_keys():
                self.remember(("mirror", code), key)

    def remember(self, place: tuple[str, str], key: VerifierKey) -> None:
        known = self.keys.setdefault(place, [])
        if key not in known:
            known.append(key)

    def check_head(self, log: str, size: int, root: bytes) -> None:
        assert self.heads.setdefault((log, size), root) == root, f"two heads of {log} at {size}"

    @invariant()
    def no_two_heads_conflict(self) -> None:
        self.note()
        for code in NAMES:
            store = self.world.store(code)
            assert store.evidence() == [], code
            for log in self.world.terms.logs:
                newest = store.newest_receipt(log, timing.MIRROR)
                if newest is not None:
                    head = parse_checkpoint(newest.note).head
                    self.check_head(log, head.size, head.root)
                    self.receipted[log] = max(self.receipted.get(log, 0), head.size)

    @invariant()
    def nobody_is_accused(self) -> None:
        for code in NAMES:
            found = [refused for refused in self.world.refused(code) if refused.code not in HARMLESS]
            assert found == [], code

    @invariant()
    def copies_are_prefixes_and_nothing_receipted_is_lost(self) -> None:
        for log, terms in self.world.terms.logs.items():
            sender, audience = self.world.house(terms.sender), self.world.mirror(terms.audience, terms.sender)
            ledger = sender.ledgers[log]
            size = min(ledger.size, audience.size)
            assert ledger.root_at(size) == audience.root_at(size), log
            if not sender.is_closed(log):
                assert ledger.size >= max(audience.size, self.receipted.get(log, 0)), log
            if not audience.unsure:
                assert audience.size >= self.receipted.get(log, 0), log

    @initialize()
    def begin(self) -> None:
        self.world.later(MINUTE)

    def teardown(self) -> None:
        """All links come back; then everything is everywhere, and every file verifies."""
        for code in NAMES:
            for other in NAMES:
                self.world.release(code, other)
            self.world.restore(code)
        self.world.later(25 * MINUTE)
        self.no_two_heads_conflict()
        self.nobody_is_accused()
        self.copies_are_prefixes_and_nothing_receipted_is_lost()
        for log, terms in self.world.terms.logs.items():
            house, copy = self.world.house(terms.sender), self.world.mirror(terms.audience, terms.sender)
            size = house.ledgers[log].size
            assert not house.is_closed(log)
            assert copy.size == size
            assert not copy.unsure
            assert self.world.store(terms.sender).entries(log, 0, size) == self.world.store(terms.audience).entries(
                log, 0, size
            )
            for (name, known), root in self.heads.items():
                assert name != log or house.ledgers[log].root_at(known) == root, "an older head left the log"
            reads = self.world.reads(terms.audience, terms.sender)
            assert all(read.counts and not read.faults for read in reads), log
            policy = receipt_policy(self.keys["log", log], self.keys["mirror", terms.audience])
            for index in {0, size // 2, size - 1}:
                proof = parse_proof(house.receipt(log, index, with_entry=True).encode())
                assert proof.entry is not None
                assert check_receipt(proof, proof.entry, policy)


TestBadYear = BadYear.TestCase
# The same years each time; a failing one is printed as it is, since shrinking it takes minutes.
TestBadYear.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
