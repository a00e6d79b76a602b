"""Opening a house: its stores, its clock, its keys, and the lock that keeps a second house from the same store."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.store_private import HighWaterFile, PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.adapters.threads import threaded_verifier
from detente.errors import LocalError
from detente.node.house import House
from detente.node.settings import Settings
from detente.proof.roots import read_root

LAST_INSTANT = 253_402_300_799_999
LOCK_TRIES = 100


class Clock:
    """Wall time, or the time a scenario's driver has told (kept in the store over restarts)."""

    def __init__(self, config: Config, store: SqliteShared) -> None:
        self.scenario = config.clock == "scenario"
        self._store = store
        self._now = int(store.meta("scenario now") or config.scenario_start)

    def now(self) -> int:
        """Milliseconds UTC."""
        return self._now if self.scenario else time.time_ns() // 1_000_000

    def set(self, now: int) -> None:
        """Tell the scenario time; never backwards, never on a production node."""
        if not self.scenario:
            raise LocalError("clock-invalid", "this node runs on wall time")
        if now > LAST_INSTANT:
            raise LocalError("clock-invalid", f"{now} lies after the year 9999")
        if now < self._now:
            raise LocalError("clock-invalid", f"{now} lies before {self._now}")
        self._now = now
        with self._store.transaction():
            self._store.set_meta("scenario now", str(now))


def open_house(config: Config, key: bytes) -> tuple[House, SqliteShared, PrivateStore, Clock]:
    """Open both stores and wake the house; LocalError with the reason if it may not start."""
    terms = config.terms()
    only_one(config.private)
    private = PrivateStore(config.private, key)
    store = SqliteShared(config.shared_db, max_pages=config.max_pages)
    clock = Clock(config, store)
    roots = config.roots(terms)
    settings = Settings(
        config.code, config.agreement(), terms, config.terms_bytes(), roots, production=not clock.scenario
    )
    if config.code not in roots:
        raise LocalError(
            "root-invalid", f"no root document for {config.code}", where=str(config.root_path(config.code))
        )
    first = read_root(roots[config.code]).document
    high_water = HighWaterFile(config.private / "highwater.json", begun=private.get("node", "begun") is not None)
    verify = threaded_verifier()
    house = House(settings, store, private.signers(first), high_water, os.urandom, clock.now(), verify)
    house.keys.signers_for, house.keys.ours = private.signers, private.publics
    private.put("node", "begun", b"1")  # before anything is signed: from now on an empty store is a lost one
    if house.state.document.version > 1:
        house.keys.use(private.signers(house.state.document))
    return house, store, private, clock


def only_one(folder: Path) -> None:
    """Hold the store's lock for the life of this process; LocalError(node-running) if another does not give it up."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.05)
    raise LocalError("node-running", "another house process holds the private store", where=str(folder))
