"""The three-clause nomination rule on some millions of strikes: ours, DuckDB's ASOF joins, one runtime monitor.

The same arrays for all three, made up from a seed. A strike is kept if its target was nominated by both sides at least 24 h
before, is agreed by both and not withdrawn, and the striker gave notice of it between 30 min and 12 h before.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import duckdb
import numpy as np
import reelay

from detente.agreement.columns import Column, Given, History, judge_all
from detente.agreement.columns.clauses import KEPT
from detente.agreement.distances import Distances
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.record import Record

TEXT = b"""
language: 1
agreement: bench-nomination
parties: {us: First, ru: Second}
statements:
  nomination: {target: code}
  consent: {target: code}
  withdrawal: {target: code}
  notice: {target: code}
events:
  strike: {target: code}
clauses:
- {id: nominated, forbid: strike, by: parties, unless: {earlier: nomination, by_each: parties, same: [target], at_least: 24h}}
- {id: agreed, forbid: strike, by: parties, unless: {earlier: consent, by_each: parties, same: [target], ended_by: withdrawal}}
- {id: window, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [target], at_least: 30min, at_most: 12h}}
"""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START, SPAN = 1_472_688_000_000, 60 * DAY
PARTIES = ("us", "ru")
CLAUSES = ("nominated", "agreed", "window")


class Acts(NamedTuple):
    """Acts of one kind, by time: ms, target, party."""

    at: np.ndarray
    target: np.ndarray
    by: np.ndarray


class Trace(NamedTuple):
    """Everything, by kind."""

    targets: int
    kinds: dict[str, Acts]


def trace(strikes: int, seed: int) -> Trace:
    """So many strikes on a hundredth as many targets, with the statements that go before them."""
    random = np.random.default_rng(seed)
    targets = max(50, strikes // 100)

    def some(number: int, latest: int = SPAN) -> np.ndarray:
        return START + random.integers(0, latest, number)

    def both_sides(share: float, latest: int) -> Acts:
        target, by = np.tile(np.arange(targets), 2), np.repeat([0, 1], targets)
        kept = random.random(2 * targets) < share
        return in_order(some(int(kept.sum()), latest), target[kept], by[kept])

    def any_of(number: int) -> Acts:
        return in_order(some(number), random.integers(0, targets, number), random.integers(0, 2, number))

    kinds = {
        "nomination": both_sides(0.95, SPAN // 3), "consent": both_sides(0.95, SPAN // 2),
        "withdrawal": any_of(targets // 5), "notice": any_of(targets * 24), "strike": any_of(strikes),
    }  # fmt: skip
    notice, strike = kinds["notice"], kinds["strike"]
    # some strikes exactly on an edge: 30 min, 12 h and 24 h to the millisecond, and one millisecond beside it
    edges = np.array([30 * MINUTE, 12 * HOUR, 30 * MINUTE - 1, 12 * HOUR + 1])
    pick = random.choice(len(strike.at), min(len(notice.at), len(strike.at) // 20), replace=False)
    mate = random.choice(len(notice.at), len(pick), replace=False)
    at, target, by = (column.copy() for column in strike)
    at[pick], target[pick], by[pick] = (
        notice.at[mate] + edges[np.arange(len(pick)) % 4],
        notice.target[mate],
        notice.by[mate],
    )
    return Trace(targets, {**kinds, "strike": in_order(at, target, by)})


def in_order(at: np.ndarray, target: np.ndarray, by: np.ndarray) -> Acts:
    """By time."""
    order = np.argsort(at, kind="stable")
    return Acts(at[order], target[order], by[order])


def ours(made: Trace) -> tuple[float, dict[str, np.ndarray], History]:
    """Seconds, and for each clause which strikes are kept, by the judge."""
    agreement: Agreement = read_agreement(TEXT, "nomination")
    names = [f"t{number}" for number in range(made.targets)]
    began = time.perf_counter()
    given = [
        Given(kind, acts.at, Column(PARTIES, acts.by), {"target": Column(names, acts.target)},
              None if kind == "strike" else Column(PARTIES, 1 - acts.by))
        for kind, acts in made.kinds.items()
    ]  # fmt: skip
    history = judge_all(agreement, Record((), START + SPAN + DAY), Distances(), given)
    kept = {}
    for clause in CLAUSES:
        kept[clause] = np.zeros(len(made.kinds["strike"].at), bool)
        for part in history.columns(clause):
            kept[clause][part.rows] = part.verdicts == KEPT
    return time.perf_counter() - began, kept, history


_SQL = """
SELECT s.n,
  coalesce(n0.at <= s.at - 86400000, false) AND coalesce(n1.at <= s.at - 86400000, false) AS nominated,
  c0.at IS NOT NULL AND c1.at IS NOT NULL
    AND NOT coalesce(w0.at > c0.at, false) AND NOT coalesce(w1.at > c1.at, false) AS agreed,
  coalesce(v.at >= s.at - 43200000, false) AS in_window
FROM strike s
ASOF LEFT JOIN (FROM nomination WHERE "by" = 0) n0 ON s.target = n0.target AND s.at - 86400000 >= n0.at
ASOF LEFT JOIN (FROM nomination WHERE "by" = 1) n1 ON s.target = n1.target AND s.at - 86400000 >= n1.at
ASOF LEFT JOIN (FROM consent WHERE "by" = 0) c0 ON s.target = c0.target AND s.at >= c0.at
ASOF LEFT JOIN (FROM consent WHERE "by" = 1) c1 ON s.target = c1.target AND s.at >= c1.at
ASOF LEFT JOIN (FROM withdrawal WHERE "by" = 0) w0 ON s.target = w0.target AND s.at >= w0.at
ASOF LEFT JOIN (FROM withdrawal WHERE "by" = 1) w1 ON s.target = w1.target AND s.at >= w1.at
ASOF LEFT JOIN notice v ON s.target = v.target AND s."by" = v."by" AND s.at - 1800000 >= v.at
"""


def theirs(made: Trace, threads: int) -> tuple[float, dict[str, np.ndarray]]:
    """The same by DuckDB: tables loaded before the clock starts, the answer fetched into arrays."""
    base = duckdb.connect()
    base.execute(f"SET threads = {threads}")
    for kind, acts in made.kinds.items():
        columns = {"at": acts.at, "target": acts.target, "by": acts.by, "n": np.arange(len(acts.at))}
        base.register("columns", columns)
        base.execute(f"CREATE TABLE {kind} AS FROM columns")
        base.unregister("columns")
    began = time.perf_counter()
    found = base.execute(_SQL).fetchnumpy()
    seconds = time.perf_counter() - began
    order = np.argsort(found["n"])
    names = dict(zip(CLAUSES, ("nominated", "agreed", "in_window"), strict=True))
    return seconds, {clause: np.asarray(found[name], bool)[order] for clause, name in names.items()}


_RULES = {
    "nominated": "once[86400000:]{n0} && once[86400000:]{n1}",
    "agreed": "({a0}) && ({a1})",
    "window": "once[1800000:43200000]{v}",
}


def monitored(made: Trace, targets: int) -> tuple[float, int, dict[str, np.ndarray], np.ndarray]:
    """The same by Reelay's dense-time monitors, one a target, party and clause, fed change by change.

    Seconds, events fed, which strikes are kept, and the strikes of the first so many targets (all others are left out).
    """
    strike = made.kinds["strike"]
    chosen = np.flatnonzero(strike.target < targets)
    kept = {clause: np.zeros(len(strike.at), bool) for clause in CLAUSES}
    seconds, fed = 0.0, 0
    rows = {kind: np.argsort(acts.target, kind="stable") for kind, acts in made.kinds.items()}
    starts = {
        kind: np.searchsorted(acts.target[rows[kind]], np.arange(targets + 1)) for kind, acts in made.kinds.items()
    }
    for target in range(targets):
        mine = {kind: rows[kind][starts[kind][target] : starts[kind][target + 1]] for kind in rows}
        for party in (0, 1):
            hits = mine["strike"][strike.by[mine["strike"]] == party]
            fed += len(hits)
            for clause in CLAUSES:
                messages = changes(made, mine, clause, party)
                ends = sorted(
                    {*(int(at) for at in strike.at[hits]), *(at for at, _ in messages), START + SPAN + 2 * DAY}
                )
                state = {"n0": False, "n1": False, "a0": False, "a1": False, "v": False}
                by_time: dict[int, dict[str, bool]] = {}
                for at, change in messages:
                    by_time.setdefault(at, {}).update(change)
                began = time.perf_counter()
                monitor = reelay.dense_timed_monitor(pattern=_RULES[clause], piecewise="constant")
                monitor.update({"time": 0, **state})
                edges, values = [0], [False]
                for at in ends:
                    state.update(by_time.get(at, {}))
                    for said in monitor.update({"time": at, **state}):
                        edges.append(said["time"])
                        values.append(said["value"])
                seconds += time.perf_counter() - began
                held = np.array(values)[np.searchsorted(np.array(edges), strike.at[hits], "right") - 1]
                kept[clause][hits] = held
    return seconds, fed, kept, chosen


def changes(made: Trace, mine: dict[str, np.ndarray], clause: str, party: int) -> list[tuple[int, dict[str, bool]]]:
    """What a monitor of one clause is told of one target: each statement as a change of what holds."""
    found: list[tuple[int, dict[str, bool]]] = []
    if clause == "agreed":
        for kind, holds in (("consent", True), ("withdrawal", False)):
            acts = made.kinds[kind]
            found += [(int(acts.at[row]), {f"a{acts.by[row]}": holds}) for row in mine[kind]]
        return found
    acts = made.kinds["nomination" if clause == "nominated" else "notice"]
    for row in mine["nomination" if clause == "nominated" else "notice"]:
        at, by = int(acts.at[row]), int(acts.by[row])
        if clause == "window" and by != party:
            continue
        name = "v" if clause == "window" else f"n{by}"
        found += [(at, {name: True}), (at + 1, {name: False})]
    return sorted(found, key=lambda one: (one[0], not any(one[1].values())))
